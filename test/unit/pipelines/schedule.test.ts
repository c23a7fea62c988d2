import { describe, expect, it } from 'vitest';
import { digestDatesSince, latestDigestDate, nextDigestAt } from '../../../src/pipelines/digest/schedule.js';
import { invoiceDatesSince, nextUsageAt } from '../../../src/pipelines/usage/schedule.js';

const at = (text: string) => new Date(text);
const berlin = { timeZone: 'Europe/Berlin', invoiceDay: 31 };
const chicago = { timeZone: 'America/Chicago', invoiceDay: 1 };
const daily = (dailyDigestTime: string) => ({ dailyDigestEnabled: true, dailyDigestTime });
const iso = (date: Date | null) => date?.toISOString();

describe('the next digest', () => {
  it.each([
    ['later today', '07:00', chicago, '2026-11-23T12:59:00Z', '2026-11-23T13:00:00.000Z'],
    ['tomorrow once its time has come', '07:00', chicago, '2026-11-23T13:00:00Z', '2026-11-24T13:00:00.000Z'],
    [
      'an hour earlier in UTC after the clocks went forward',
      '07:00',
      berlin,
      '2026-03-28T06:00:00Z',
      '2026-03-29T05:00:00.000Z',
    ],
    [
      'an hour later in UTC after the clocks went back',
      '07:00',
      berlin,
      '2026-10-24T06:00:00Z',
      '2026-10-25T06:00:00.000Z',
    ],
    [
      'at 03:30 where the clocks skip 02:30',
      '02:30',
      berlin,
      '2026-03-28T12:00:00Z',
      '2026-03-29T01:30:00.000Z',
    ],
    ['the first of two 02:30', '02:30', berlin, '2026-10-24T12:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['not the second of two 02:30', '02:30', berlin, '2026-10-25T00:30:00Z', '2026-10-26T01:30:00.000Z'],
  ])('is %s', (_case, time, partner, now, expected) => {
    expect(iso(nextDigestAt(daily(time), partner, at(now)))).toBe(expected);
  });

  it('never comes while the digest is off', () => {
    expect(
      nextDigestAt(
        { dailyDigestEnabled: false, dailyDigestTime: '07:00' },
        berlin,
        at('2026-11-23T00:00:00Z'),
      ),
    ).toBeNull();
  });
});

describe('the next usage run', () => {
  it.each([
    ['on the last day of a short month', berlin, '2026-02-10T00:00:00Z', '2026-02-28T05:00:00.000Z'],
    ['on the invoice day itself before its hour', berlin, '2026-03-31T03:59:00Z', '2026-03-31T04:00:00.000Z'],
    ['a month later after its hour', berlin, '2026-03-31T04:00:00Z', '2026-04-30T04:00:00.000Z'],
    ['by the partner’s date, not the UTC one', chicago, '2026-12-01T05:00:00Z', '2026-12-01T12:00:00.000Z'],
  ])('is %s', (_case, partner, now, expected) => {
    expect(iso(nextUsageAt({ billingEnabled: true }, partner, '06:00', at(now)))).toBe(expected);
  });

  it('never comes while billing is off', () => {
    expect(nextUsageAt({ billingEnabled: false }, berlin, '06:00', at('2026-11-23T00:00:00Z'))).toBeNull();
  });
});

describe('a digest run', () => {
  it.each([
    ['yesterday once the digest time has come', '2026-11-23T13:00:00Z', '2026-11-22'],
    ['the day before before that', '2026-11-23T12:59:59Z', '2026-11-21'],
  ])('summarizes %s', (_case, now, expected) => {
    expect(latestDigestDate(daily('07:00'), chicago, at(now))).toBe(expected);
  });

  it('summarizes each missed day, oldest first', () => {
    const dates = digestDatesSince(
      at('2026-11-20T13:00:00Z'),
      daily('07:00'),
      chicago,
      at('2026-11-22T20:00:00Z'),
    );
    expect(dates).toEqual(['2026-11-19', '2026-11-20', '2026-11-21']);
  });

  it('summarizes at most the last seven days', () => {
    const dates = digestDatesSince(
      at('2026-01-01T13:00:00Z'),
      daily('07:00'),
      chicago,
      at('2026-11-22T20:00:00Z'),
    );
    expect([dates.length, dates[0], dates.at(-1)]).toEqual([7, '2026-11-15', '2026-11-21']);
  });
});

describe('a usage run', () => {
  it('bills each missed invoice date, oldest first', () => {
    const dates = invoiceDatesSince(at('2026-01-31T05:00:00Z'), berlin, '06:00', at('2026-03-31T04:00:00Z'));
    expect(dates).toEqual(['2026-01-31', '2026-02-28', '2026-03-31']);
  });
});
