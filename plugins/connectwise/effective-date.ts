import { calendarDate } from './agreements.js';

/** What decides when an addition may begin. Dates as ConnectWise writes them. */
export interface BeginningTerms {
  startDate: string | null;
  billStartDate: string | null;
  nextInvoiceDate: string | null;
}

/**
 * The date on which a new addition begins: the latest of the period's start, the agreement's start, its billing start,
 * and its next invoice date, which is the first day that is not invoiced yet. ConnectWise rejects an earlier date, or,
 * where the agreement prorates, charges the invoiced days again (both reported by vendors).
 */
export function beginning(
  { startDate, billStartDate, nextInvoiceDate }: BeginningTerms,
  periodStart: string,
): string {
  const dates = [startDate, billStartDate, nextInvoiceDate].flatMap(date =>
    date ? [calendarDate(date)] : [],
  );
  return [periodStart, ...dates].sort().at(-1)!;
}
