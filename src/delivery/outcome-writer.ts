import { setTimeout as pause } from 'node:timers/promises';
import type { Outcome } from './outcome.js';

/** While outcomes keep coming they are written this often: each write is a commit, and a change of the run's counts. */
const betweenWritesMs = 25;

/**
 * Writes outcomes as they come, many in one statement: while one statement runs, and for a moment after it, the
 * next outcomes gather. A lone outcome is written at once, a hundred at a time cost little more than one.
 */
export class OutcomeWriter {
  #waiting: Outcome[] = [];
  #writing: Promise<void> | undefined;
  #failure: unknown;
  readonly #hurry = new AbortController();

  constructor(private readonly write: (outcomes: Outcome[]) => Promise<unknown>) {}

  /** Throws the error of an earlier write: then what was not written stays unsure and is looked up later. */
  add(outcome: Outcome): void {
    if (this.#failure) throw this.#failure;
    this.#waiting.push(outcome);
    this.#writing ??= this.#run();
  }

  /** Resolves when everything is written; rejects if anything could not be. */
  async finish(): Promise<void> {
    this.#hurry.abort();
    while (this.#writing) await this.#writing;
    if (this.#failure) throw this.#failure;
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await this.write(this.#waiting.splice(0));
        await pause(betweenWritesMs, undefined, { signal: this.#hurry.signal }).catch(() => {});
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#writing = undefined;
    }
  }
}
