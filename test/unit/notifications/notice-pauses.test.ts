import { describe, expect, it } from 'vitest';
import { noticePauseMs } from '../../../src/domain/notices/notice-pauses.js';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

describe('the pause after a failed attempt to send a notice', () => {
  it.each([
    [1, 5 * second],
    [2, 5 * minute],
    [3, 30 * minute],
    [4, 2 * hour],
    [5, 5 * hour],
    [6, 10 * hour],
    [7, 14 * hour],
    [8, 20 * hour],
    [9, 24 * hour],
  ])('after attempt %i is %i ms', (attempts, pauseMs) => {
    expect(noticePauseMs(attempts)).toBe(pauseMs);
  });

  it('does not exist after the tenth attempt: the notice is given up', () => {
    expect(noticePauseMs(10)).toBeUndefined();
  });
});
