import { z } from 'zod';
import { statement } from '../db/sql.js';
import { NoticeChannel } from '../domain/notices/notice-delivery.js';
import { noticePayload } from '../domain/notices/notice-payload.js';

/**
 * Claims the integration's due deliveries of notices, each for one worker, and counts the attempt. A claim ends by
 * itself: after $4 another worker may take the delivery.
 *
 * $1 integration, $2 now, $3 how many at most, $4 end of the claim.
 */
export const claimDueNotices = statement(
  z.object({
    id: z.string(),
    channel: z.enum(NoticeChannel),
    target: z.string(),
    /** This attempt included. */
    attempts: z.number(),
    payload: noticePayload,
    timeZone: z.string(),
  }),
  `with due as (
     select d.notice_id, d.channel, d.target from notice_delivery d join notice n on n.id = d.notice_id
     where n.integration_id = $1 and d.state = 'PENDING' and d.next_attempt_at <= $2
     order by d.next_attempt_at, d.notice_id
     limit $3
     for update of d skip locked
   )
   update notice_delivery d set attempts = d.attempts + 1, next_attempt_at = $4
   from due, notice n, integration i, partner p
   where d.notice_id = due.notice_id and d.channel = due.channel and d.target = due.target
     and n.id = d.notice_id and i.id = n.integration_id and p.id = i.partner_id
   returning n.id, d.channel, d.target, d.attempts, n.payload, p.time_zone as "timeZone"`,
);

/** A notice on its way to one receiver, claimed by this worker. */
export type ClaimedNotice = z.infer<typeof claimDueNotices.row>;
