import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';

/** Who is told of everything; by the settings. */
export interface Receivers {
  webhookUrls: readonly string[];
  /** Empty while no e-mail can be sent. */
  operatorEmails: readonly string[];
  /** Whether e-mail can be sent at all: then the partner's own address is told too. */
  partners: boolean;
}

/**
 * Decides who is told of the integration's notices that are due: the settings' webhooks, but for those that
 * answered 410 Gone, the operator's addresses and the partner's. Each notice is addressed once.
 */
export function addressNotices(
  em: EntityManager,
  integrationId: string,
  { webhookUrls, operatorEmails, partners }: Receivers,
  now: Date,
): Promise<void> {
  return em.transactional(async tx => {
    const due = await query<{ id: string }>(
      tx,
      `select id from notice where integration_id = $1 and addressed_at is null and due_at <= $2
       order by id for update skip locked`,
      [integrationId, now],
    );
    if (due.length === 0) return;
    const ids = due.map(({ id }) => id);
    await query(
      tx,
      `insert into notice_delivery (notice_id, channel, target, next_attempt_at)
       select n.id, r.channel, r.target, $5
       from unnest($1::uuid[]) as n(id) cross join (
         select 'webhook' as channel, url as target from unnest($2::text[]) as w(url)
         union select 'email', address from unnest($3::text[]) as o(address)
         union select 'email', notification_email from integration
           where id = $4 and notification_email is not null and $6
       ) as r
       where not exists (
         select 1 from notice_delivery g where g.channel = r.channel and g.target = r.target and g.state = 'GONE')`,
      [ids, webhookUrls, operatorEmails, integrationId, now, partners],
    );
    await query(tx, 'update notice set addressed_at = $2 where id = any($1)', [ids, now]);
  });
}
