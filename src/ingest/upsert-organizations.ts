import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { execute, run, statement } from '../db/sql.js';
import { checkRows, type IngestResult, shortText } from './check-rows.js';

export interface OrganizationReport {
  externalId: string;
  partnerExternalId: string;
  name: string;
  active?: boolean | null;
}

const organizationRow = z.object({
  externalId: shortText,
  partnerExternalId: shortText,
  name: shortText,
  active: z
    .boolean()
    .nullish()
    .transform(active => active ?? true),
});

/** Whether the partner that a row names is known, and whether the organization belongs to another one. */
const lookUpReported = statement(
  z.object({ n: z.number(), partnerKnown: z.boolean(), foreign: z.boolean() }),
  `select r.n, p.id is not null as "partnerKnown", o.partner_id is distinct from p.id and o.id is not null as "foreign"
   from jsonb_to_recordset($1::jsonb) as r(n int, "externalId" text, "partnerExternalId" text)
   left join partner p on p.external_id = r."partnerExternalId"
   left join organization o on o.external_id = r."externalId"
   order by r.n`,
);

/**
 * Creates organizations or brings known ones (by externalId) up to date. An organization never changes its
 * partner: that would show one partner's history to another.
 */
export async function upsertOrganizations(
  em: EntityManager,
  rows: readonly OrganizationReport[],
): Promise<IngestResult> {
  const { good, rejected } = checkRows(organizationRow, rows);
  return em.transactional(async tx => {
    const known = await run(tx, lookUpReported, [
      JSON.stringify(
        good.map(({ row: { externalId, partnerExternalId } }, n) => ({ n, externalId, partnerExternalId })),
      ),
    ]);
    const latest = new Map<string, (typeof good)[number]['row']>();
    let usable = 0;
    for (const { n, partnerKnown, foreign } of known) {
      const { index, row } = good[n]!;
      const earlier = latest.get(row.externalId);
      if (!partnerKnown) {
        rejected.push({
          index,
          code: 'UNKNOWN_PARTNER',
          message: `partnerExternalId: there is no partner "${row.partnerExternalId}"; send it by upsertPartners first`,
        });
      } else if (foreign || (earlier && earlier.partnerExternalId !== row.partnerExternalId)) {
        rejected.push({
          index,
          code: 'CONFLICT',
          message: `partnerExternalId: organization "${row.externalId}" belongs to another partner and cannot move; use a new externalId`,
        });
      } else {
        usable += 1;
        latest.set(row.externalId, row);
      }
    }
    const changed = await execute(
      tx,
      `insert into organization (external_id, partner_id, name, active)
       select r."externalId", p.id, r.name, r.active
       from jsonb_to_recordset($1::jsonb) as r("externalId" text, "partnerExternalId" text, name text, active boolean)
       join partner p on p.external_id = r."partnerExternalId"
       order by r."externalId"
       on conflict (external_id) do update set name = excluded.name, active = excluded.active
         where organization.partner_id = excluded.partner_id
           and (organization.name, organization.active) is distinct from (excluded.name, excluded.active)`,
      [JSON.stringify([...latest.values()])],
    );
    rejected.sort((a, b) => a.index - b.index);
    return { accepted: changed, duplicates: usable - changed, rejected };
  });
}
