import { describe, expect, it } from 'vitest';
import { RefusedSignIns } from '../../../src/api/sign-in/refused-sign-ins.js';

function refusals(mostPerMinute: number) {
  const clock = { now: Date.parse('2026-11-23T12:00:00Z') };
  return { clock, refused: new RefusedSignIns(mostPerMinute, () => new Date(clock.now)) };
}

describe('an address with refused sign-ins', () => {
  it('may try again until it reaches the limit of the minute', () => {
    const { refused } = refusals(2);
    refused.count('192.0.2.1');
    expect(refused.secondsToWait('192.0.2.1')).toBe(0);
    refused.count('192.0.2.1');
    expect(refused.secondsToWait('192.0.2.1')).toBe(60);
  });

  it('waits for the end of the minute that began with the first refusal', () => {
    const { clock, refused } = refusals(2);
    refused.count('192.0.2.1');
    clock.now += 45_000;
    refused.count('192.0.2.1');
    expect(refused.secondsToWait('192.0.2.1')).toBe(15);
    clock.now += 15_001;
    expect(refused.secondsToWait('192.0.2.1')).toBe(0);
    refused.count('192.0.2.1');
    expect(refused.secondsToWait('192.0.2.1')).toBe(0);
  });

  it('does not make another address wait', () => {
    const { refused } = refusals(1);
    refused.count('192.0.2.1');
    expect(refused.secondsToWait('192.0.2.2')).toBe(0);
  });
});
