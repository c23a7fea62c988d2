import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../../db/sql.js';
import { type ReasonCode, reasons } from '../../domain/deliveries/reasons.js';

export interface NewEventDelivery {
  integrationId: string;
  runId: string;
  jobResultId: string;
  organizationId: string;
  summary: string;
  /** Why it is skipped; null where it is due now. */
  reason: ReasonCode | null;
}

/** Inserts event deliveries in their order, in one statement. One that exists already stays as it is. */
export async function insertEventDeliveries(
  em: EntityManager,
  deliveries: readonly NewEventDelivery[],
  now: Date,
): Promise<void> {
  if (deliveries.length === 0) return;
  await execute(
    em,
    `insert into delivery (integration_id, run_id, kind, key, organization_id, job_result_id, summary, state, reason_code,
       last_error, next_attempt_at, created_at)
     select integration_id, run_id, 'EVENT', 'event:' || job_result_id, organization_id, job_result_id, summary,
       case when reason is null then 'PENDING' else 'SKIPPED' end, reason, $8::jsonb ->> reason,
       case when reason is null then $7::timestamptz end, $7
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[]) with ordinality
       as e(integration_id, run_id, job_result_id, organization_id, summary, reason, n)
     order by n
     on conflict (integration_id, key) do nothing`,
    [
      deliveries.map(({ integrationId }) => integrationId),
      deliveries.map(({ runId }) => runId),
      deliveries.map(({ jobResultId }) => jobResultId),
      deliveries.map(({ organizationId }) => organizationId),
      deliveries.map(({ summary }) => summary),
      deliveries.map(({ reason }) => reason),
      now,
      JSON.stringify(reasons),
    ],
  );
}
