import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { run, statement } from '../db/sql.js';
import { isTimeZone } from '../domain/calendar.js';
import { Integration } from '../domain/integrations/integration.js';
import { reschedule } from '../domain/integrations/reschedule.js';
import type { Schedule } from '../domain/integrations/schedule.js';
import { checkRows, type IngestResult, shortText } from './check-rows.js';

export interface PartnerReport {
  externalId: string;
  name: string;
  timeZone?: string | null;
  invoiceDay?: number | null;
}

const partnerRow = z.object({
  externalId: shortText,
  name: shortText,
  timeZone: z
    .string()
    .nullish()
    .transform(zone => zone ?? 'UTC')
    .refine(isTimeZone, 'is not an IANA time zone such as America/Chicago'),
  invoiceDay: z
    .number()
    .nullish()
    .transform(day => day ?? 1)
    .pipe(z.number().int().min(1, 'must be 1 to 31').max(31, 'must be 1 to 31')),
});

const upsertChanged = statement(
  z.object({ id: z.string() }),
  `insert into partner (external_id, name, time_zone, invoice_day)
       select "externalId", name, "timeZone", "invoiceDay"
       from jsonb_to_recordset($1::jsonb) as r("externalId" text, name text, "timeZone" text, "invoiceDay" int)
       order by "externalId"
       on conflict (external_id) do update
         set name = excluded.name, time_zone = excluded.time_zone, invoice_day = excluded.invoice_day
         where (partner.name, partner.time_zone, partner.invoice_day)
           is distinct from (excluded.name, excluded.time_zone, excluded.invoice_day)
       returning id`,
);

/**
 * Creates partners or brings known ones (by externalId) up to date. A row that changes nothing counts as a
 * duplicate. Where the time zone or the invoice day changes, the partner's schedules follow.
 */
export async function upsertPartners(
  em: EntityManager,
  rows: readonly PartnerReport[],
  { now, schedules }: { now: Date; schedules: readonly Schedule[] },
): Promise<IngestResult> {
  const { good, rejected } = checkRows(partnerRow, rows);
  // The last row of an externalId wins; the earlier ones are repetitions of the same fact.
  const latest = new Map(good.map(({ row }) => [row.externalId, row]));
  return em.transactional(async tx => {
    const changed = await run(tx, upsertChanged, [JSON.stringify([...latest.values()])]);
    const integrations = await tx.find(
      Integration,
      { partner: { $in: changed.map(row => row.id) }, disconnectedAt: null },
      { populate: ['partner'] },
    );
    for (const integration of integrations) {
      reschedule(integration, integration.partner.unwrap(), { now, schedules });
    }
    return { accepted: changed.length, duplicates: good.length - changed.length, rejected };
  });
}
