import type { Partner } from '../partners/partner.js';
import type { Integration } from './integration.js';
import { nextDigestAt, nextUsageAt } from './schedule.js';

/**
 * Sets when the integration's next runs are due, after a change that the schedule follows: options, the
 * partner's time zone or invoice day, resuming. A run that is overdue stays due: nothing makes it be missed.
 */
export function reschedule(
  integration: Integration,
  partner: Partner,
  { now, usageRunTime }: { now: Date; usageRunTime: string },
): void {
  const overdue = (at: Date | null | undefined) => at && at <= now;
  if (!integration.dailyDigestEnabled || !overdue(integration.nextDigestAt)) {
    integration.nextDigestAt = nextDigestAt(integration, partner, now);
  }
  if (!integration.billingEnabled || !overdue(integration.nextUsageAt)) {
    integration.nextUsageAt = nextUsageAt(integration, partner, usageRunTime, now);
  }
}
