import { addDays, instantAt, localDate } from '../../domain/calendar.js';
import type { Integration } from '../../domain/integrations/integration.js';
import type { PartnerCalendar, Schedule } from '../../domain/integrations/schedule.js';
import { PipelineName } from '../../domain/runs/pipeline-name.js';

type DigestOptions = Pick<Integration, 'dailyDigestEnabled' | 'dailyDigestTime'>;
type DigestCalendar = Pick<PartnerCalendar, 'timeZone'>;

/** Days for which a missed digest is still made; older ones would be noise. */
const catchUpDays = 7;

/** Daily at the integration's digest time, in the partner's time zone, while the digest is on. */
export const digestSchedule: Schedule = {
  pipeline: PipelineName.DIGEST,
  dueColumn: 'nextDigestAt',
  nextDue: nextDigestAt,
  datesSince: digestDatesSince,
};

/** The first instant after `now` at which a digest run is due; null while the digest is off. */
export function nextDigestAt(
  { dailyDigestEnabled, dailyDigestTime }: DigestOptions,
  { timeZone }: DigestCalendar,
  now: Date,
): Date | null {
  if (!dailyDigestEnabled) return null;
  const today = localDate(now, timeZone);
  const at = instantAt(today, dailyDigestTime, timeZone);
  return at > now ? at : instantAt(addDays(today, 1), dailyDigestTime, timeZone);
}

/** The day that the latest digest due at `now` sums up: yesterday, once today's digest time has come. */
export function latestDigestDate(
  { dailyDigestTime }: DigestOptions,
  { timeZone }: DigestCalendar,
  now: Date,
): string {
  const today = localDate(now, timeZone);
  const due = instantAt(today, dailyDigestTime, timeZone) <= now;
  return addDays(today, due ? -1 : -2);
}

/**
 * The days to sum up at `now` where a digest is due since `dueAt`: each one that was missed, the oldest first, but not
 * more than the last seven.
 */
export function digestDatesSince(
  dueAt: Date,
  options: DigestOptions,
  calendar: DigestCalendar,
  now: Date,
): string[] {
  const last = latestDigestDate(options, calendar, now);
  const oldest = addDays(last, 1 - catchUpDays);
  const dates: string[] = [];
  let date = addDays(localDate(dueAt, calendar.timeZone), -1);
  if (date < oldest) date = oldest;
  for (; date <= last; date = addDays(date, 1)) dates.push(date);
  return dates;
}
