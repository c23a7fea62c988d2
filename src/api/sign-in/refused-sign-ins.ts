import { LRUCache } from 'lru-cache';

const windowMs = 60_000;
const mostAddresses = 20_000;

/**
 * Counts the rejected sign-ins of each address, by the minute. A client that opens connections only to guess tokens has to
 * wait; clients that sign in do not.
 */
export class RefusedSignIns {
  readonly #counted: LRUCache<string, number>;

  constructor(
    private readonly mostPerMinute: number,
    now: () => Date,
  ) {
    this.#counted = new LRUCache({
      max: mostAddresses,
      ttl: windowMs,
      // The minute begins with the first refusal.
      noUpdateTTL: true,
      ttlResolution: 0,
      perf: { now: () => now().getTime() },
    });
  }

  count(address: string): void {
    this.#counted.set(address, (this.#counted.get(address) ?? 0) + 1);
  }

  /** How long the address has to wait before it may try again, in whole seconds; 0: not at all. */
  secondsToWait(address: string): number {
    const times = this.#counted.peek(address) ?? 0;
    if (times < this.mostPerMinute) return 0;
    return Math.ceil(this.#counted.getRemainingTTL(address) / 1_000);
  }
}
