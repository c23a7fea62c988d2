/** Answers below this are quick enough, whatever the quickest took. */
const neverSlowMs = 1_000;
/** An answer that takes this many times the quickest one's time means that the site has too much to do. */
const slowFactor = 4;

export type Impression = 'good' | 'overloaded';

/**
 * How many requests to one PSA account may run at once: all that the ceiling allows as long as the site bears it,
 * half as many when it says that it has too much, one fewer for each round of slow answers, and one more for
 * each round of good ones (additive increase, multiplicative decrease, as TCP does it).
 */
export class AdaptiveLimit {
  #limit: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** Counts up with every halving: what was sent before one says nothing about the new limit. */
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

  /** Runs `work` when its turn has come, and lets `judge` say what its end means for the limit. */
  async run<T>(work: () => Promise<T>, judge: (end: T | { error: unknown }) => Impression): Promise<T> {
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
      this.#letNextOnesIn();
    }
  }

  #turn(): Promise<void> {
    if (this.#running < this.#limit) {
      this.#running += 1;
      return Promise.resolve();
    }
    return new Promise(go => this.#waiting.push(go));
  }

  #letNextOnesIn(): void {
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
    // It may rise slowly: a site that has become slower for good is not slow for ever.
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
