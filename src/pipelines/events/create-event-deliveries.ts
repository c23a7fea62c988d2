import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { BackupStatusName } from '../../domain/backups/backup-job-result.js';
import { whyNotDelivered } from '../../domain/deliveries/delivery-policy.js';
import type { ReasonCode } from '../../domain/deliveries/reasons.js';
import { rowsOf } from '../../domain/tables.js';
import { insertEventDeliveries } from './insert-event-deliveries.sql.js';
import { openCollectingRuns } from './open-collecting-runs.sql.js';

/** A stored job result and what its delivery needs to know of it. */
export interface EventResult {
  jobResultId: string;
  organizationId: string;
  partnerId: string;
  status: BackupStatusName;
  /** One line for people: the summary of its ticket. */
  summary: string;
}

/**
 * Creates an event delivery for each result, at every integration that the result's partner has connected. A result
 * that gets no ticket by the current options and mappings is skipped at once, with the reason. A
 * result that has a delivery already is left as it is: the key is made of the result. With `only` the deliveries count
 * towards that run of one integration; otherwise towards each integration's collecting run, which is opened if there is
 * none. Returns the integrations concerned.
 */
export async function createEventDeliveries(
  em: EntityManager,
  results: readonly EventResult[],
  now: Date,
  only?: { integrationId: string; runId: string },
): Promise<string[]> {
  const integrations = await readIntegrations(em, results, only?.integrationId);
  if (integrations.length === 0) return [];
  const ids = integrations.map(({ id }) => id);
  const runs = only ? new Map([[only.integrationId, only.runId]]) : await openCollectingRuns(em, ids, now);
  const mapped = await readMapped(em, ids, results);
  const ofPartner = Map.groupBy(integrations, ({ partnerId }) => partnerId);
  const deliveries = results.flatMap(result =>
    (ofPartner.get(result.partnerId) ?? []).map(integration => ({
      ...result,
      integrationId: integration.id,
      runId: runs.get(integration.id)!,
      reason: whyNotWanted(result, integration, mapped.has(pairOf(integration.id, result.organizationId))),
    })),
  );
  await insertEventDeliveries(em, deliveries, now);
  return ids;
}

type EventIntegration = Awaited<ReturnType<typeof readIntegrations>>[number];

/** Whether a later result supersedes this one only shows once it has waited: it is asked before the attempt. */
function whyNotWanted(
  { status }: EventResult,
  integration: EventIntegration,
  mapped: boolean,
): ReasonCode | null {
  return whyNotDelivered({
    kind: 'EVENT',
    mapped,
    hasServiceBoard: integration.serviceBoard !== null,
    hasPriority: integration[status] !== null,
    superseded: false,
  });
}

function readIntegrations(em: EntityManager, results: readonly EventResult[], only: string | undefined) {
  const partnerIds = [...new Set(results.map(({ partnerId }) => partnerId))];
  return rowsOf(em, tables =>
    tables
      .selectFrom('integration')
      .where('disconnected_at', 'is', null)
      .where('partner_id', 'in', partnerIds)
      .$if(only !== undefined, query => query.where('id', '=', only!))
      .orderBy('id')
      .select([
        'id',
        'partner_id as partnerId',
        'service_board as serviceBoard',
        'priority_success as SUCCESS',
        'priority_warning as WARNING',
        'priority_error as ERROR',
      ]),
  );
}

async function readMapped(
  em: EntityManager,
  integrationIds: readonly string[],
  results: readonly EventResult[],
): Promise<Set<string>> {
  const organizationIds = [...new Set(results.map(({ organizationId }) => organizationId))];
  const rows = await rowsOf(em, tables =>
    tables
      .selectFrom('mapping')
      .where('integration_id', 'in', integrationIds)
      .where('organization_id', '=', sql<string>`any(${organizationIds}::uuid[])`)
      .select(['integration_id', 'organization_id']),
  );
  return new Set(rows.map(row => pairOf(row.integration_id, row.organization_id)));
}

function pairOf(integrationId: string, organizationId: string): string {
  return `${integrationId} ${organizationId}`;
}
