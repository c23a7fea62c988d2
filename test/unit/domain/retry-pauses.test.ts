import { describe, expect, it } from 'vitest';
import { retryPauseMs, unsurePauseMs } from '../../../src/domain/deliveries/retry-pauses.js';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

describe('the pause before the next attempt', () => {
  it.each([
    [1, 5 * second],
    [2, 30 * second],
    [3, 2 * minute],
    [4, 10 * minute],
    [5, hour],
    [6, 3 * hour],
    [7, 6 * hour],
    [8, 12 * hour],
    [9, 12 * hour],
    [100, 12 * hour],
    [0, 5 * second],
  ])('after %d attempts is about %d ms', (attempts, pause) => {
    expect(retryPauseMs(attempts, 0.5)).toBe(pause);
  });

  it('varies by a tenth in either direction', () => {
    expect([retryPauseMs(3, 0), retryPauseMs(3, 1)]).toEqual([108 * second, 132 * second]);
  });

  it.each([
    ['is a minute at least, and never less by chance', 1, 0, unsurePauseMs],
    ['is up to a fifth longer by chance', 1, 1, 1.2 * unsurePauseMs],
    ['is the ordinary one where that is longer', 4, 0.5, 10 * minute],
  ])('after an attempt that may have been carried out %s', (_case, attempts, chance, pause) => {
    expect(retryPauseMs(attempts, chance, { unsure: true })).toBe(pause);
  });
});
