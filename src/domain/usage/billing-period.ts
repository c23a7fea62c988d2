import { Temporal } from 'temporal-polyfill';
import { addDays } from '../calendar.js';

/** Both dates inclusive, in the partner's calendar. */
export interface Period {
  start: string;
  end: string;
}

/** The invoice date of the month that `date` lies in: day 31 means the last day of a shorter month. */
function invoiceDateInMonthOf(date: Temporal.PlainDate, invoiceDay: number): Temporal.PlainDate {
  return date.with({ day: Math.min(invoiceDay, date.daysInMonth) });
}

/** The last invoice date on or before `date`. */
export function latestInvoiceDate(date: string, invoiceDay: number): string {
  const day = Temporal.PlainDate.from(date);
  const here = invoiceDateInMonthOf(day, invoiceDay);
  return Temporal.PlainDate.compare(here, day) <= 0
    ? here.toString()
    : invoiceDateInMonthOf(day.with({ day: 1 }).subtract({ months: 1 }), invoiceDay).toString();
}

/** The first invoice date after `date`. */
export function nextInvoiceDate(date: string, invoiceDay: number): string {
  const day = Temporal.PlainDate.from(date);
  const here = invoiceDateInMonthOf(day, invoiceDay);
  return Temporal.PlainDate.compare(here, day) > 0
    ? here.toString()
    : invoiceDateInMonthOf(day.with({ day: 1 }).add({ months: 1 }), invoiceDay).toString();
}

export function isInvoiceDate(date: string, invoiceDay: number): boolean {
  return latestInvoiceDate(date, invoiceDay) === date;
}

/**
 * The period that the invoice of `invoiceDate` bills: from the invoice date before it to the day before it.
 * `billedUntil` is the last day of the statement before, if there is one: when the invoice day was changed in
 * between, no day is billed twice.
 */
export function billingPeriod(invoiceDate: string, invoiceDay: number, billedUntil?: string): Period {
  const end = addDays(invoiceDate, -1);
  const start = latestInvoiceDate(end, invoiceDay);
  const afterBilled = billedUntil === undefined ? start : addDays(billedUntil, 1);
  return { start: afterBilled > start && afterBilled <= end ? afterBilled : start, end };
}
