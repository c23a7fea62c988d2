import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { run } from '../../db/sql.js';
import { type AuditAction, auditActions } from '../../domain/audit/actions.js';
import type { AuditEntry } from '../../domain/audit/audit-entry.js';
import { type Delivery, DeliveryKind, DeliveryState } from '../../domain/deliveries/delivery.js';
import { endOfEntry } from './end-of-entry.sql.js';

/**
 * The deliveries that follow from an entry: those that it released, those of the run that it started, or, for a setting
 * or a mapping, those that were written while its values were in force. A ticket uses the values of when it is written,
 * a quantity those of when it is planned.
 */
export async function causedBy(em: EntityManager, entry: AuditEntry): Promise<FilterQuery<Delivery>> {
  // A newer version may have written an action that this one does not know.
  const deliveries = auditActions[entry.action as AuditAction]?.deliveries;
  if (deliveries === 'of its run') return { run: entry.subjectId! };
  if (deliveries !== 'while in force') return { releasedBy: entry.id };
  const [end] = await run(em, endOfEntry, [entry.id]);
  const inForce = { $gte: entry.at, ...(end ? { $lt: new Date(end.at) } : {}) };
  return {
    ...(entry.integrationId
      ? { integration: entry.integrationId }
      : { integration: { partner: entry.partnerId! } }),
    // The subject of a mapping is its organization; the other settings have none.
    ...(entry.subjectId ? { organization: entry.subjectId } : {}),
    state: DeliveryState.DELIVERED,
    kind: { $ne: DeliveryKind.TEST },
    $or: [
      { kind: DeliveryKind.USAGE, createdAt: inForce },
      { kind: { $ne: DeliveryKind.USAGE }, deliveredAt: inForce },
    ],
  };
}
