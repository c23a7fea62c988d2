import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays } from '../../../src/domain/calendar.js';
import {
  billingPeriod,
  isInvoiceDate,
  latestInvoiceDate,
  nextInvoiceDate,
} from '../../../src/domain/usage/billing-period.js';

describe('the invoice date', () => {
  it.each([
    // today, invoice day, latest, next
    ['2026-11-23', 1, '2026-11-01', '2026-12-01'],
    ['2026-11-23', 23, '2026-11-23', '2026-12-23'],
    ['2026-11-22', 23, '2026-10-23', '2026-11-23'],
    ['2026-02-28', 31, '2026-02-28', '2026-03-31'],
    ['2026-02-27', 31, '2026-01-31', '2026-02-28'],
    ['2028-02-28', 30, '2028-01-30', '2028-02-29'],
    ['2026-04-30', 31, '2026-04-30', '2026-05-31'],
    ['2027-01-01', 31, '2026-12-31', '2027-01-31'],
  ])('as of %s with invoice day %i is %s, then %s', (today, day, latest, next) => {
    expect([latestInvoiceDate(today, day), nextInvoiceDate(today, day)]).toEqual([latest, next]);
  });

  it('occurs exactly once in every month', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 0, max: 600 }), (day, months) => {
        const date = nextInvoiceDate(addDays('2026-01-01', months * 30), day);
        const next = nextInvoiceDate(date, day);
        const monthOf = (text: string) => Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7));
        expect(monthOf(next) - monthOf(date)).toBe(1);
        expect(isInvoiceDate(date, day)).toBe(true);
      }),
    );
  });
});

describe('the billing period', () => {
  it.each([
    ['2026-12-01', 1, '2026-11-01', '2026-11-30'],
    ['2026-03-31', 31, '2026-02-28', '2026-03-30'],
    ['2026-02-28', 31, '2026-01-31', '2026-02-27'],
    ['2026-11-15', 15, '2026-10-15', '2026-11-14'],
  ])('of the invoice of %s with invoice day %i is %s to %s', (invoiceDate, day, start, end) => {
    expect(billingPeriod(invoiceDate, day)).toEqual({ start, end });
  });

  it('bills every day exactly once, over years and with any invoice day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 31 }), day => {
        let invoiceDate = latestInvoiceDate('2026-01-15', day);
        let billedUntil = billingPeriod(invoiceDate, day).end;
        for (let month = 0; month < 40; month += 1) {
          invoiceDate = nextInvoiceDate(invoiceDate, day);
          const period = billingPeriod(invoiceDate, day, billedUntil);
          expect(period.start).toBe(addDays(billedUntil, 1));
          billedUntil = period.end;
        }
      }),
    );
  });

  it('bills no day twice when the invoice day is changed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 1, max: 31 }), (before, after) => {
        const first = latestInvoiceDate('2026-07-20', before);
        const billedUntil = billingPeriod(first, before).end;
        const next = billingPeriod(nextInvoiceDate(first, after), after, billedUntil);
        expect(next.start > billedUntil).toBe(true);
        expect(next.start <= next.end).toBe(true);
      }),
    );
  });
});
