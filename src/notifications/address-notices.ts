import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../db/sql.js';
import { rowsOf } from '../domain/tables.js';
import { insertNoticeDeliveries } from './insert-notice-deliveries.sql.js';

/** Who receives every notice, by the settings. */
export interface Receivers {
  webhookUrls: readonly string[];
  /** Empty while no e-mail can be sent. */
  operatorEmails: readonly string[];
  /** Whether e-mail can be sent at all: then the partner's own address receives it too. */
  partners: boolean;
}

/**
 * Decides who receives the integration's due notices: the webhooks of the settings, except those that answered
 * 410 Gone, the operator's addresses and the partner's own. Each notice is addressed once, even by concurrent callers.
 */
export function addressNotices(
  em: EntityManager,
  integrationId: string,
  { webhookUrls, operatorEmails, partners }: Receivers,
  now: Date,
): Promise<void> {
  return em.transactional(async tx => {
    const due = await rowsOf(tx, tables =>
      tables
        .selectFrom('notice')
        .select('id')
        .where('integration_id', '=', integrationId)
        .where('addressed_at', 'is', null)
        .where('due_at', '<=', now.toISOString())
        .orderBy('id')
        .forUpdate()
        .skipLocked(),
    );
    if (due.length === 0) return;
    const ids = due.map(({ id }) => id);
    await execute(tx, insertNoticeDeliveries, [
      ids,
      webhookUrls,
      operatorEmails,
      integrationId,
      now,
      partners,
    ]);
    await rowsOf(tx, tables =>
      tables.updateTable('notice').set({ addressed_at: now }).where('id', 'in', ids),
    );
  });
}
