import { isLocalDate, localDate } from '../domain/calendar.js';
import type { Problem } from '../domain/problem.js';
import type { Pipeline, RunRequest } from './pipeline.js';

/**
 * What is wrong with a request for a run of `date`, by the options and the partner's calendar; undefined: nothing.
 * `date` is null for a run without one.
 */
export function checkRequest(
  pipeline: Pipeline,
  request: RunRequest,
  date: string | null,
): Problem | undefined {
  const { integration, dryRun } = request;
  const disabled = dryRun ? undefined : pipeline.disabled(integration);
  if (disabled || date === null) return disabled;
  if (!isLocalDate(date)) {
    return { field: ['date'], code: 'INVALID', message: `"${date}" is not a date such as 2026-11-23.` };
  }
  const hasToHaveCome = !(dryRun && pipeline.dryRunLooksAhead);
  return pipeline.checkDate(date, request) ?? (hasToHaveCome ? checkHasCome(date, request) : undefined);
}

function checkHasCome(date: string, { partner: { timeZone }, now }: RunRequest): Problem | undefined {
  const today = localDate(now, timeZone);
  if (date <= today) return undefined;
  return {
    field: ['date'],
    code: 'NOT_OVER',
    message: `${date} has not come yet: it is ${today} in ${timeZone}.`,
  };
}
