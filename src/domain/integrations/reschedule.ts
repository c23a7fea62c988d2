import type { Integration } from './integration.js';
import type { PartnerCalendar, Schedule } from './schedule.js';

export interface Rescheduling {
  now: Date;
  /** Of every pipeline that has one. */
  schedules: readonly Schedule[];
}

/**
 * Sets when the integration's next runs are due, after a change that its schedules follow: the partner's time zone or
 * invoice day, connecting, resuming. A run that is overdue stays due, so that it is not missed.
 */
export function reschedule(
  integration: Integration,
  calendar: PartnerCalendar,
  { now, schedules }: Rescheduling,
): void {
  for (const schedule of schedules) {
    const dueAt = integration[schedule.dueColumn];
    const next = schedule.nextDue(integration, calendar, now);
    const overdue = dueAt && dueAt <= now;
    if (!next || !overdue) integration[schedule.dueColumn] = next;
  }
}

/**
 * Sets when the integration's next runs are due, where its options were changed from `before` in a way that moves them.
 * A run that was overdue is due at its new time only.
 */
export function rescheduleMoved(
  integration: Integration,
  before: Integration,
  calendar: PartnerCalendar,
  { now, schedules }: Rescheduling,
): void {
  for (const schedule of schedules) {
    const next = schedule.nextDue(integration, calendar, now);
    const nextBefore = schedule.nextDue(before, calendar, now);
    if (next?.getTime() !== nextBefore?.getTime()) integration[schedule.dueColumn] = next;
  }
}

/** Schedules no more runs. */
export function unschedule(integration: Integration, schedules: readonly Schedule[]): void {
  for (const { dueColumn } of schedules) integration[dueColumn] = null;
}
