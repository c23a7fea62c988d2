const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const pausesMs = [5 * second, 30 * second, 2 * minute, 10 * minute, hour, 3 * hour, 6 * hour, 12 * hour];

/** A PSA may still be processing a request whose connection broke; by then it has ended, or never will. */
export const unsurePauseMs = minute;

/**
 * How long to wait before the next attempt after `attempts` of them (1 or more), with up to a fifth of
 * jitter: `chance` is a random number in [0, 1). After the last step every 12 hours. An attempt that may have
 * been carried out is looked up a minute later at the earliest: a record that the PSA writes after we looked
 * would be there twice.
 */
export function retryPauseMs(attempts: number, chance: number, { unsure = false } = {}): number {
  const pause = pausesMs[Math.min(Math.max(attempts, 1), pausesMs.length) - 1]!;
  const least = unsure ? unsurePauseMs * (1 + 0.2 * chance) : 0;
  return Math.round(Math.max(pause * (0.9 + 0.2 * chance), least));
}

/**
 * SQL: when a delivery is due that a person, or a run that a person started, makes due at `now`, a parameter such as
 * "$2". At once; but a delivery whose last attempt may have been carried out keeps its minute, which begins now if the
 * time of that attempt is not known.
 */
export function dueManually(now: string): string {
  const settled = `${now}::timestamptz + interval '${unsurePauseMs} milliseconds'`;
  return `case when delivery.unsure then least(delivery.next_attempt_at, ${settled}) else ${now}::timestamptz end`;
}

/** A delivery that the PSA could not take for this long is given up; a person has to look. */
export const giveUpAfterMs = 7 * 24 * hour;
