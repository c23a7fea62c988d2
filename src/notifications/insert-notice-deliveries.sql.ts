/**
 * Inserts one delivery for each notice and receiver. Leaves out every receiver that once answered 410 Gone.
 *
 * $1 notices, $2 URLs of webhooks, $3 the operator's addresses, $4 integration, $5 first attempt at, $6 whether the
 * partner's own address receives e-mail. Answers no rows.
 */
export const insertNoticeDeliveries = `
  insert into notice_delivery (notice_id, channel, target, next_attempt_at)
  select n.id, r.channel, r.target, $5
  from unnest($1::uuid[]) as n(id) cross join (
    select 'webhook' as channel, url as target from unnest($2::text[]) as w(url)
    union select 'email', address from unnest($3::text[]) as o(address)
    union select 'email', notification_email from integration
      where id = $4 and notification_email is not null and $6
  ) as r
  where not exists (
    select 1 from notice_delivery g where g.channel = r.channel and g.target = r.target and g.state = 'GONE')`;
