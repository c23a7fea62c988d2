import { Temporal } from 'temporal-polyfill';

/** Whether `name` is an IANA time zone that this runtime knows. Offsets such as "+02:00" are not. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Whether `text` is a date such as "2026-11-23" that exists, in the years 1000 to 9999. */
export function isLocalDate(text: string): boolean {
  return (
    /^[1-9]\d{3}-\d{2}-\d{2}$/.test(text) &&
    doesNotThrow(() => Temporal.PlainDate.from(text, { overflow: 'reject' }))
  );
}

/** Whether `text` is a time of day such as "07:00". */
export function isLocalTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
}

/**
 * Reads an RFC 3339 instant with an offset; undefined when it is invalid. Digits below a millisecond are dropped. In
 * UTC it lies in the years 1 to 9999: what is outside, ISO text shows with a sign or as year 0, and PostgreSQL
 * reads neither.
 */
export function readInstant(text: string): Date | undefined {
  const instant = readAnyInstant(text);
  if (!instant) return undefined;
  const year = instant.getUTCFullYear();
  return year >= 1 && year <= 9999 ? instant : undefined;
}

function readAnyInstant(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/.test(text))
    return undefined;
  const inUtc = readInUtc(text);
  if (inUtc) return inUtc;
  try {
    return new Date(Temporal.Instant.from(text.replace(' ', 'T')).epochMilliseconds);
  } catch {
    return undefined;
  }
}

/** Reads the usual form in a tenth of the time: Date is right where it prints what it was given. */
function readInUtc(text: string): Date | undefined {
  if (!text.endsWith('Z') || text[10] !== 'T') return undefined;
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, 16)) ? date : undefined;
}

/** The date in `timeZone` at `instant`. */
export function localDate(instant: Date, timeZone: string): string {
  return zoned(instant, timeZone).toPlainDate().toString();
}

const shown = new Map<string, Intl.DateTimeFormat>();

/** "2026-11-23 07:05" in `timeZone`, for people. */
export function localDateTime(instant: Date, timeZone: string): string {
  let format = shown.get(timeZone);
  if (!format) {
    // Sweden writes dates as ISO 8601 does.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    shown.set(timeZone, format);
  }
  return format.format(instant);
}

/**
 * The instant at which the clocks of `timeZone` show `time` on `date`. A time that the clocks skip in spring
 * counts as if they had not been moved (02:30 becomes 03:30); one that comes twice in autumn is the first.
 */
export function instantAt(date: string, time: string, timeZone: string): Date {
  const at = Temporal.PlainDate.from(date).toZonedDateTime({
    timeZone,
    plainTime: Temporal.PlainTime.from(time),
  });
  return new Date(at.epochMilliseconds);
}

/** The first instant of `date` in `timeZone`; midnight, except where the clocks skip it. */
export function startOfDay(date: string, timeZone: string): Date {
  return new Date(Temporal.PlainDate.from(date).toZonedDateTime(timeZone).startOfDay().epochMilliseconds);
}

export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

function zoned(instant: Date, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
}

function doesNotThrow(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
