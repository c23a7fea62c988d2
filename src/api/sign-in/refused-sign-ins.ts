import { LRUCache } from 'lru-cache';

const windowMs = 60_000;
const mostAddresses = 20_000;

/**
 * Counts the sign-ins that were refused from each address, by the minute: who opens connections only to guess tokens
 * has to wait, and everybody who signs in does not.
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
