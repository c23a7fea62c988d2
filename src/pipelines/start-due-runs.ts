import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Integration, IntegrationStatus } from '../domain/integrations/integration.js';
import {
  digestDatesSince,
  invoiceDatesSince,
  nextDigestAt,
  nextUsageAt,
} from '../domain/integrations/schedule.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { Pipeline, RunTrigger } from '../domain/runs/sync-run.js';
import { startRun } from './start-run.js';

const pageSize = 50;

/**
 * Starts every run whose time has come, by the integrations' own due columns: whatever was missed while
 * nothing ran is found here too, and each date starts once, because its due time moves on in the same
 * transaction. Two workers never look at the same integration.
 */
export async function startDueRuns(
  em: EntityManager,
  { now, usageRunTime, wakeUp }: { now: Date; usageRunTime: string; wakeUp: WakeUp },
): Promise<void> {
  for (;;) {
    const started = await em.fork().transactional(async tx => {
      const due = await tx.find(
        Integration,
        {
          disconnectedAt: null,
          status: { $ne: IntegrationStatus.PAUSED },
          $or: [{ nextDigestAt: { $lte: now } }, { nextUsageAt: { $lte: now } }],
        },
        { limit: pageSize, orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE },
      );
      await tx.populate(due, ['partner']);
      for (const integration of due) await startDueRunsOf(tx, integration, { now, usageRunTime, wakeUp });
      return due.length;
    });
    if (started < pageSize) return;
  }
}

async function startDueRunsOf(
  em: EntityManager,
  integration: Integration,
  { now, usageRunTime, wakeUp }: { now: Date; usageRunTime: string; wakeUp: WakeUp },
): Promise<void> {
  const partner = integration.partner.unwrap();
  const due = [
    ...(integration.nextUsageAt && integration.nextUsageAt <= now
      ? invoiceDatesSince(integration.nextUsageAt, partner, usageRunTime, now).map(date => ({
          pipeline: Pipeline.USAGE,
          date,
        }))
      : []),
    ...(integration.nextDigestAt && integration.nextDigestAt <= now
      ? digestDatesSince(integration.nextDigestAt, integration, partner, now).map(date => ({
          pipeline: Pipeline.DIGEST,
          date,
        }))
      : []),
  ];
  for (const { pipeline, date } of due) {
    // A problem here (the period is closed already by hand) means that there is nothing to do for that date.
    await startRun(em, {
      integration,
      partner,
      pipeline,
      trigger: RunTrigger.SCHEDULE,
      dryRun: false,
      date,
      now,
      wakeUp,
    });
  }
  integration.nextDigestAt = nextDigestAt(integration, partner, now);
  integration.nextUsageAt = nextUsageAt(integration, partner, usageRunTime, now);
}
