/** Answers below this are never slow, however quick the quickest one was. */
const neverSlowMs = 1_000;
/** An answer that takes this many times as long as the quickest one means that the site is overloaded. */
const slowFactor = 4;

export type Impression = 'good' | 'overloaded';

/**
 * How many requests to one PSA account may run at once. Starts at the ceiling. Halves when the site reports that it is
 * overloaded, decreases by one after each round of slow answers, and increases by one after each round of good ones
 * (additive increase, multiplicative decrease, as in TCP).
 */
export class AdaptiveLimit {
  #limit: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** Increases with every halving: an answer to a request from before says nothing about the new limit. */
  #era = 0;
  #goodAnswers = 0;
  #slowAnswers = 0;
  #quickestMs = Number.POSITIVE_INFINITY;

  constructor(private readonly ceiling: number) {
    this.#limit = ceiling;
  }

  get current(): number {
    return this.#limit;
  }

  /** Runs `work` when a place is free. `judge` decides what its result means for the limit. */
  async run<T>(work: () => Promise<T>, judge: (result: T | { error: unknown }) => Impression): Promise<T> {
    await this.#turn();
    const era = this.#era;
    const began = performance.now();
    try {
      const result = await work();
      this.#learn(judge(result), performance.now() - began, era);
      return result;
    } catch (error) {
      this.#learn(judge({ error }), performance.now() - began, era);
      throw error;
    } finally {
      this.#running -= 1;
      this.#startWaiting();
    }
  }

  #turn(): Promise<void> {
    if (this.#running < this.#limit) {
      this.#running += 1;
      return Promise.resolve();
    }
    return new Promise(go => this.#waiting.push(go));
  }

  #startWaiting(): void {
    while (this.#running < this.#limit && this.#waiting.length > 0) {
      this.#running += 1;
      this.#waiting.shift()!();
    }
  }

  #learn(impression: Impression, ms: number, era: number): void {
    if (era !== this.#era) return;
    if (impression === 'overloaded') {
      this.#change(Math.floor(this.#limit / 2));
      this.#era += 1;
      return;
    }
    // The quickest time rises slowly, so a site that has become slower for good is not overloaded for ever.
    this.#quickestMs = Math.min(ms, this.#quickestMs * 1.01);
    if (ms > neverSlowMs && ms > slowFactor * this.#quickestMs) {
      this.#slowAnswers += 1;
      if (this.#slowAnswers >= this.#limit) this.#change(this.#limit - 1);
    } else {
      this.#goodAnswers += 1;
      if (this.#goodAnswers >= this.#limit) this.#change(this.#limit + 1);
    }
  }

  #change(limit: number): void {
    this.#limit = Math.min(Math.max(limit, 1), this.ceiling);
    this.#goodAnswers = 0;
    this.#slowAnswers = 0;
  }
}
