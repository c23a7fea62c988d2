import type { Partner } from '../partners/partner.js';
import type { Integration } from './integration.js';
import { nextDigestAt, nextUsageAt } from './schedule.js';

/**
 * Sets when the integration's next runs are due, after a change of its options, of the partner's time zone or invoice
 * day, or after resuming. An overdue run stays due, so that no change makes it be missed. `usageRunTime` ("06:00") is in
 * the partner's time zone.
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
