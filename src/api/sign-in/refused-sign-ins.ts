const windowMs = 60_000;
const mostAddresses = 20_000;

/**
 * Counts the sign-ins that were refused from each address, by the minute: who opens connections only to guess tokens
 * has to wait, and everybody who signs in does not.
 */
export class RefusedSignIns {
  readonly #counted = new Map<string, { times: number; until: number }>();

  constructor(
    private readonly mostPerMinute: number,
    private readonly now: () => Date,
  ) {}

  count(address: string): void {
    const { times, until } = this.#of(address) ?? { times: 0, until: this.now().getTime() + windowMs };
    this.#counted.delete(address);
    this.#counted.set(address, { times: times + 1, until });
    if (this.#counted.size > mostAddresses) this.#counted.delete(this.#counted.keys().next().value!);
  }

  /** How long the address has to wait before it may try again, in whole seconds; 0: not at all. */
  secondsToWait(address: string): number {
    const counted = this.#of(address);
    if (!counted || counted.times < this.mostPerMinute) return 0;
    return Math.ceil((counted.until - this.now().getTime()) / 1_000);
  }

  #of(address: string) {
    const counted = this.#counted.get(address);
    return counted && counted.until > this.now().getTime() ? counted : undefined;
  }
}
