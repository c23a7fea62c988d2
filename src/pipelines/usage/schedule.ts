import { instantAt, localDate } from '../../domain/calendar.js';
import type { Integration } from '../../domain/integrations/integration.js';
import type { PartnerCalendar, Schedule } from '../../domain/integrations/schedule.js';
import { PipelineName } from '../../domain/runs/pipeline-name.js';
import { latestInvoiceDate, nextInvoiceDate } from '../../domain/usage/billing-period.js';

/** On each invoice date at `runTime` ("06:00"), in the partner's time zone, while billing is on. */
export function usageSchedule(runTime: string): Schedule {
  return {
    pipeline: PipelineName.USAGE,
    dueColumn: 'nextUsageAt',
    nextDue: (options, calendar, now) => nextUsageAt(options, calendar, runTime, now),
    datesSince: (dueAt, _options, calendar, now) => invoiceDatesSince(dueAt, calendar, runTime, now),
  };
}

/** The first instant after `now` at which a usage run is due; null while billing is off. */
export function nextUsageAt(
  { billingEnabled }: Pick<Integration, 'billingEnabled'>,
  { timeZone, invoiceDay }: PartnerCalendar,
  runTime: string,
  now: Date,
): Date | null {
  if (!billingEnabled) return null;
  const today = localDate(now, timeZone);
  const at = instantAt(latestInvoiceDate(today, invoiceDay), runTime, timeZone);
  return at > now ? at : instantAt(nextInvoiceDate(today, invoiceDay), runTime, timeZone);
}

/** The invoice dates to bill at `now` where a usage run is due since `dueAt`: each one that was missed, oldest first. */
export function invoiceDatesSince(
  dueAt: Date,
  { timeZone, invoiceDay }: PartnerCalendar,
  runTime: string,
  now: Date,
): string[] {
  const dates: string[] = [];
  let date = localDate(dueAt, timeZone);
  while (instantAt(date, runTime, timeZone) <= now) {
    dates.push(date);
    date = nextInvoiceDate(date, invoiceDay);
  }
  return dates;
}
