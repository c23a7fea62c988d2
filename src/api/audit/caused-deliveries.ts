import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { query } from '../../db/sql.js';
import type { AuditEntry } from '../../domain/audit/audit-entry.js';
import { type Delivery, DeliveryKind, DeliveryState } from '../../domain/deliveries/delivery.js';

/** Entries whose values are in force until one of them is changed again. */
const settings = [
  'integration.connected',
  'integration.credentials_changed',
  'integration.options_changed',
  'mapping.changed',
  'partner.changed',
];

/**
 * The deliveries that go back to an entry: what was let go by it, the run that it started, or, for a setting or a
 * mapping, what was written while its values were in force. A ticket takes them when it is written, a quantity when
 * it is planned.
 */
export async function causedBy(em: EntityManager, entry: AuditEntry): Promise<FilterQuery<Delivery>> {
  if (entry.action === 'run.started') return { run: entry.subjectId! };
  if (!settings.includes(entry.action)) return { releasedBy: entry.id };
  const until = await endOf(em, entry);
  const inForce = { $gte: entry.at, ...(until ? { $lt: until } : {}) };
  return {
    ...(entry.integrationId
      ? { integration: entry.integrationId }
      : { integration: { partner: entry.partnerId! } }),
    ...(entry.action === 'mapping.changed' ? { organization: entry.subjectId! } : {}),
    state: DeliveryState.DELIVERED,
    kind: { $ne: DeliveryKind.TEST },
    $or: [
      { kind: DeliveryKind.USAGE, createdAt: inForce },
      { kind: { $ne: DeliveryKind.USAGE }, deliveredAt: inForce },
    ],
  };
}

/** When one of the entry's values was changed next; null: they still hold. */
async function endOf(em: EntityManager, { id }: AuditEntry): Promise<Date | null> {
  const [next] = await query<{ at: string }>(
    em,
    `select later.at from audit_entry entry join audit_entry later
       on later.id > entry.id and later.partner_id = entry.partner_id
         and later.integration_id is not distinct from entry.integration_id
         and later.subject_id is not distinct from entry.subject_id
         and jsonb_exists_any(coalesce(later.before, '{}') || coalesce(later.after, '{}'),
           array(select jsonb_object_keys(coalesce(entry.before, '{}') || coalesce(entry.after, '{}'))))
     where entry.id = $1 order by later.id limit 1`,
    [id],
  );
  return next ? new Date(next.at) : null;
}
