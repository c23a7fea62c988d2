import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { localDateTime } from '../../../src/domain/calendar.js';

describe('the time that a person reads', () => {
  it.each([
    ['2026-11-23T13:05:59Z', 'America/Chicago', '2026-11-23 07:05'],
    ['2026-11-23T06:00:00Z', 'America/Chicago', '2026-11-23 00:00'],
    ['2026-03-29T01:30:00Z', 'Europe/Berlin', '2026-03-29 03:30'],
    ['2026-10-25T01:30:00Z', 'Europe/Berlin', '2026-10-25 02:30'],
    ['2026-11-23T18:20:00Z', 'Asia/Kathmandu', '2026-11-24 00:05'],
  ])('of %s in %s is %s', (instant, timeZone, text) => {
    expect(localDateTime(new Date(instant), timeZone)).toBe(text);
  });

  it('is that of the zone, at any instant since the year 1000 and in any zone', () => {
    const instants = fc.date({
      min: new Date('1000-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, fc.constantFrom(...Intl.supportedValuesOf('timeZone')), (instant, timeZone) => {
        const there = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
        const text = there.toPlainDateTime().toString({ smallestUnit: 'minute' });
        expect(localDateTime(instant, timeZone)).toBe(text.replace('T', ' '));
      }),
      { numRuns: 1_000 },
    );
  });
});
