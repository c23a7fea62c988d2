import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { execute } from '../db/sql.js';
import { checkRows, type IngestResult, instant, quantity, shortText } from './check-rows.js';
import { organizationsByExternalId } from './organizations-by-external-id.js';

export interface UsageReport {
  organizationExternalId: string;
  usageType: string;
  /** Exact decimal. */
  quantity: string;
  /** RFC 3339. */
  measuredAt: string;
}

const usageRow = z.object({
  organizationExternalId: shortText,
  usageType: shortText,
  quantity,
  measuredAt: instant,
});

/** A clock that runs ahead by more than this is broken, and its measurement would win over every honest one. */
const toleratedClockErrorMs = 24 * 60 * 60 * 1000;

/**
 * Stores measurements. One organization, usage type and instant have one quantity: the same again is a
 * duplicate, another quantity is a correction and replaces it. Statements that are closed already keep theirs.
 */
export async function reportUsage(
  em: EntityManager,
  rows: readonly UsageReport[],
  { now }: { now: Date },
): Promise<IngestResult> {
  const checked = checkRows(usageRow, rows);
  const rejected = checked.rejected;
  const latestAllowed = new Date(now.getTime() + toleratedClockErrorMs).toISOString();
  const good = checked.good.filter(({ index, row }) => {
    if (row.measuredAt <= latestAllowed) return true;
    rejected.push({ index, code: 'INVALID', message: `measuredAt: ${row.measuredAt} lies in the future` });
    return false;
  });
  return em.transactional(async tx => {
    const known = await organizationsByExternalId(tx, good, rejected);
    // In one call the last row of a measurement wins, as it would over two calls.
    const latest = new Map(
      known.map(({ row, organization }) => [
        `${organization.id} ${row.measuredAt} ${row.usageType}`,
        {
          organization_id: organization.id,
          usage_type: row.usageType,
          quantity: row.quantity,
          measured_at: row.measuredAt,
        },
      ]),
    );
    const changed = await execute(
      tx,
      `insert into usage_record (organization_id, usage_type, quantity, measured_at, received_at)
       select organization_id, usage_type, quantity, measured_at, $2
       from jsonb_to_recordset($1::jsonb) as r(organization_id uuid, usage_type text, quantity numeric, measured_at timestamptz)
       order by organization_id, usage_type, measured_at
       on conflict (organization_id, usage_type, measured_at) do update
         set quantity = excluded.quantity, received_at = excluded.received_at
         where usage_record.quantity <> excluded.quantity`,
      [JSON.stringify([...latest.values()]), now],
    );
    rejected.sort((a, b) => a.index - b.index);
    return { accepted: changed, duplicates: known.length - changed, rejected };
  });
}
