const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The example schedule of the Standard Webhooks specification. */
const pausesMs = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

/** Milliseconds to wait after `attempts` failed attempts (1 or more); undefined when the notice is given up. */
export function noticePauseMs(attempts: number): number | undefined {
  return pausesMs[attempts - 1];
}
