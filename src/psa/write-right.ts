import { AsyncLocalStorage } from 'node:async_hooks';

/** The right to change something in a PSA, valid while no other worker can have it. */
export interface WriteRight {
  /** On the clock of `performance.now()`; 0: the right has ended. */
  until: number;
}

const held = new AsyncLocalStorage<WriteRight>();

/** Runs `work`; its requests may write while `right` is valid. */
export function withWriteRight<T>(right: WriteRight, work: () => T): T {
  return held.run(right, work);
}

/** The right of the work that is running. */
export const heldWriteRight = (): WriteRight | undefined => held.getStore();
