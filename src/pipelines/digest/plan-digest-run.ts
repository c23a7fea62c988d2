import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../../db/sql.js';
import { writeDigest } from '../../domain/backups/digest.js';
import { localDate } from '../../domain/calendar.js';
import { whyNotDelivered } from '../../domain/deliveries/delivery-policy.js';
import type { Integration } from '../../domain/integrations/integration.js';
import type { WakeUp } from '../../domain/integrations/wake-up.js';
import type { SyncRun } from '../../domain/runs/sync-run.js';
import { keepPlan } from '../../runs/keep-plan.js';
import { createDigestDeliveries, type PlannedDigest } from './create-digest-deliveries.sql.js';
import { type DigestFactsPage, readDigestFacts } from './read-digest-facts.sql.js';

/** Organizations whose facts are in memory at once. */
const pageSize = 200;

/**
 * Creates one digest delivery for each active organization and the run's day; a dry run only keeps the summaries. A
 * digest that was delivered is never repeated, and one of an unfinished day does not replace the whole day's; one
 * that was skipped or failed is written anew and tried again. All in one transaction: a run that is cut off starts over.
 */
export async function planDigestRun(
  em: EntityManager,
  run: SyncRun,
  integration: Integration,
  partner: { id: string; timeZone: string },
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  const date = run.forDate!;
  const day = { date, soFar: date >= localDate(now, partner.timeZone) };
  await em.transactional(async tx => {
    for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
      const page = await readDigestFacts(tx, {
        integrationId: integration.id,
        partner,
        day,
        after,
        limit: pageSize,
      });
      const digests = page.map(facts => planDigest(facts, integration, date));
      if (run.dryRun) await keepPlan(tx, run.id, digests);
      else {
        const about = { runId: run.id, integrationId: integration.id, day };
        await createDigestDeliveries(tx, about, digests, now);
      }
      if (page.length < pageSize) break;
      after = page.at(-1)!.organizationId;
    }
    await execute(
      tx,
      `update sync_run set planned_at = $2,
         state = case when dry_run then 'SUCCEEDED' else state end, finished_at = case when dry_run then $2::timestamptz end
       where id = $1`,
      [run.id, now],
    );
    if (!run.dryRun) await wakeUp(tx, 'deliver', [integration.id]);
  });
}

function planDigest(
  { organizationId, mapped, facts }: DigestFactsPage,
  integration: Integration,
  date: string,
): PlannedDigest {
  const reason = whyNotDelivered({
    kind: 'DIGEST',
    mapped,
    hasServiceBoard: integration.serviceBoard != null,
    digestEnabled: integration.dailyDigestEnabled,
    anythingReported: facts !== null,
  });
  const digest = facts
    ? writeDigest(facts)
    : { summary: `Backup digest ${date}: nothing known`, body: '', worst: 'SUCCESS' as const };
  return { organizationId, reason, ...digest };
}
