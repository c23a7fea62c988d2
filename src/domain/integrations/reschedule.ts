import type { Partner } from '../partners/partner.js';
import type { Integration } from './integration.js';
import { nextDigestAt, nextUsageAt } from './schedule.js';

/**
 * Sets when the integration's next runs are due. To be called in the transaction of every change that the
 * schedule follows: options, the partner's time zone and invoice day, resuming.
 */
export function reschedule(
  integration: Integration,
  partner: Partner,
  { now, usageRunTime }: { now: Date; usageRunTime: string },
): void {
  integration.nextDigestAt = nextDigestAt(integration, partner, now);
  integration.nextUsageAt = nextUsageAt(integration, partner, usageRunTime, now);
}
