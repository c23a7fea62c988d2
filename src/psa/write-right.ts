import { AsyncLocalStorage } from 'node:async_hooks';

/** The right to change something in a PSA, as long as nobody else can have it. */
export interface WriteRight {
  /** On the clock of `performance.now()`; 0: it has ended. */
  until: number;
}

const held = new AsyncLocalStorage<WriteRight>();

/** Does `work`; the requests that it makes may write while `right` lasts. */
export function withWriteRight<T>(right: WriteRight, work: () => T): T {
  return held.run(right, work);
}

/** The right that the work at hand was given. */
export const heldWriteRight = (): WriteRight | undefined => held.getStore();
