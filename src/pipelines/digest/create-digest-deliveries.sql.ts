import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../../db/sql.js';
import type { Digest } from '../../domain/backups/digest.js';
import { type ReasonCode, reasons } from '../../domain/deliveries/reasons.js';
import { dueManually } from '../../domain/deliveries/retry-pauses.js';

export interface PlannedDigest extends Digest {
  organizationId: string;
  /** Why it is skipped; null where it is due now. */
  reason: ReasonCode | null;
}

/**
 * Writes the digest deliveries of a day. An organization whose digests are skipped keeps one row, that of the newest day
 * planned: its reason stays visible, and a customer that stays unmapped does not add a row every day. A digest that was
 * ever attempted is kept: its ticket may be in the PSA.
 */
export async function createDigestDeliveries(
  em: EntityManager,
  {
    runId,
    integrationId,
    day,
  }: { runId: string; integrationId: string; day: { date: string; soFar: boolean } },
  digests: readonly PlannedDigest[],
  now: Date,
): Promise<void> {
  await execute(
    em,
    `insert into delivery (integration_id, run_id, kind, key, organization_id, summary, content, state, reason_code,
       last_error, next_attempt_at, created_at)
     select $1, $2, 'DIGEST', 'digest:' || d."organizationId" || ':' || $3::text, d."organizationId", d.summary,
       jsonb_build_object('body', d.body, 'worst', d.worst),
       case when d.reason is null then 'PENDING' else 'SKIPPED' end, d.reason,
       $6::jsonb ->> d.reason, case when d.reason is null then $5::timestamptz end, $5
     from jsonb_to_recordset($4::jsonb) as d("organizationId" uuid, summary text, body text, worst text, reason text)
     order by d."organizationId"
     on conflict (integration_id, key) do update set
       run_id = excluded.run_id, summary = excluded.summary, content = excluded.content, state = excluded.state,
       reason_code = excluded.reason_code, last_error = excluded.last_error,
       next_attempt_at = case when excluded.state = 'PENDING' then ${dueManually('$5')} end
       where delivery.state in ('SKIPPED', 'FAILED')`,
    [
      integrationId,
      runId,
      day.soFar ? `${day.date}:so-far` : day.date,
      JSON.stringify(digests),
      now,
      JSON.stringify(reasons),
    ],
  );
  const skipped = digests.filter(({ reason }) => reason !== null).map(({ organizationId }) => organizationId);
  if (skipped.length === 0) return;
  await execute(
    em,
    `delete from delivery where integration_id = $1 and organization_id = any($2::uuid[]) and kind = 'DIGEST'
       and state = 'SKIPPED' and attempts = 0 and run_id is distinct from $3`,
    [integrationId, skipped, runId],
  );
}
