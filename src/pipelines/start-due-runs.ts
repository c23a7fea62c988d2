import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Integration, IntegrationStatus } from '../domain/integrations/integration.js';
import type { Schedule } from '../domain/integrations/schedule.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { RunTrigger } from '../domain/runs/sync-run.js';
import type { ScheduleSettings } from './pipeline.js';
import { schedulesOf } from './registry.js';
import { startRun } from './start-run.js';

const pageSize = 50;

/**
 * Starts every run whose time has come, by the integrations' own due columns: whatever was missed while
 * nothing ran is found here too, and each date starts once, because its due time moves on in the same
 * transaction. Two workers never look at the same integration.
 */
export async function startDueRuns(
  em: EntityManager,
  { now, wakeUp, ...settings }: ScheduleSettings & { now: Date; wakeUp: WakeUp },
): Promise<void> {
  const schedules = schedulesOf(settings);
  const isDue = schedules.map(({ dueColumn }) => ({ [dueColumn]: { $lte: now } }));
  for (;;) {
    const started = await em.fork().transactional(async tx => {
      const due = await tx.find(
        Integration,
        { disconnectedAt: null, status: { $ne: IntegrationStatus.PAUSED }, $or: isDue },
        { limit: pageSize, orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE },
      );
      await tx.populate(due, ['partner']);
      for (const integration of due) await startDueRunsOf(tx, integration, { now, wakeUp, schedules });
      return due.length;
    });
    if (started < pageSize) return;
  }
}

async function startDueRunsOf(
  em: EntityManager,
  integration: Integration,
  { now, wakeUp, schedules }: { now: Date; wakeUp: WakeUp; schedules: readonly Schedule[] },
): Promise<void> {
  const partner = integration.partner.unwrap();
  for (const schedule of schedules) {
    const dueAt = integration[schedule.dueColumn];
    const dates = dueAt && dueAt <= now ? schedule.datesSince(dueAt, integration, partner, now) : [];
    for (const date of dates) {
      // A problem here means that there is nothing to do for that date: its period was closed manually, for example.
      await startRun(em, {
        integration,
        partner,
        pipeline: schedule.pipeline,
        trigger: RunTrigger.SCHEDULE,
        dryRun: false,
        date,
        now,
        wakeUp,
      });
    }
    integration[schedule.dueColumn] = schedule.nextDue(integration, partner, now);
  }
}
