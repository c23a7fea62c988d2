import { addDays, instantAt, localDate } from '../calendar.js';
import { latestInvoiceDate, nextInvoiceDate } from '../usage/billing-period.js';

/** What decides when an integration's runs are due. */
export interface DigestSchedule {
  dailyDigestEnabled: boolean;
  dailyDigestTime: string;
}
export interface UsageSchedule {
  billingEnabled: boolean;
}
export interface PartnerCalendar {
  timeZone: string;
  invoiceDay: number;
}

/** Days for which a missed digest is still created; older ones would be noise. */
const digestCatchUpDays = 7;

/** The first instant after `now` at which a digest run is due; null while the digest is off. */
export function nextDigestAt(options: DigestSchedule, partner: PartnerCalendar, now: Date): Date | null {
  if (!options.dailyDigestEnabled) return null;
  const today = localDate(now, partner.timeZone);
  const at = instantAt(today, options.dailyDigestTime, partner.timeZone);
  return at > now ? at : instantAt(addDays(today, 1), options.dailyDigestTime, partner.timeZone);
}

/** The first instant after `now` at which a usage run is due; null while billing is off. */
export function nextUsageAt(
  options: UsageSchedule,
  partner: PartnerCalendar,
  usageRunTime: string,
  now: Date,
): Date | null {
  if (!options.billingEnabled) return null;
  const today = localDate(now, partner.timeZone);
  const invoiceDate = latestInvoiceDate(today, partner.invoiceDay);
  const at = instantAt(invoiceDate, usageRunTime, partner.timeZone);
  return at > now
    ? at
    : instantAt(nextInvoiceDate(today, partner.invoiceDay), usageRunTime, partner.timeZone);
}

/** The day that the latest digest due at `now` sums up: yesterday once today's digest time has come, else the day before. */
export function latestDigestDate(options: DigestSchedule, partner: PartnerCalendar, now: Date): string {
  const today = localDate(now, partner.timeZone);
  const due = instantAt(today, options.dailyDigestTime, partner.timeZone) <= now;
  return addDays(today, due ? -1 : -2);
}

/** The days that a digest run due since `dueAt` sums up: every missed one, oldest first, at most the last seven. */
export function digestDatesSince(
  dueAt: Date,
  options: DigestSchedule,
  partner: PartnerCalendar,
  now: Date,
): string[] {
  const last = latestDigestDate(options, partner, now);
  const oldest = addDays(last, 1 - digestCatchUpDays);
  const dates: string[] = [];
  let date = addDays(localDate(dueAt, partner.timeZone), -1);
  if (date < oldest) date = oldest;
  for (; date <= last; date = addDays(date, 1)) dates.push(date);
  return dates;
}

/** The invoice dates that a usage run due since `dueAt` bills: every missed one, oldest first. */
export function invoiceDatesSince(
  dueAt: Date,
  partner: PartnerCalendar,
  usageRunTime: string,
  now: Date,
): string[] {
  const dates: string[] = [];
  let date = localDate(dueAt, partner.timeZone);
  while (instantAt(date, usageRunTime, partner.timeZone) <= now) {
    dates.push(date);
    date = nextInvoiceDate(date, partner.invoiceDay);
  }
  return dates;
}
