import { localDateTime } from '../domain/calendar.js';
import type { NoticePayload } from '../domain/notices/notice-payload.js';
import { NoticeType } from '../domain/notices/notice-type.js';
import { pipelineTerms } from '../domain/runs/pipeline-name.js';

export interface MailText {
  subject: string;
  text: string;
}

/** Writes the e-mail of a notice, as plain text. Times are in the partner's zone, with the zone's name. */
export function writeMail(
  { type, timestamp, data }: NoticePayload,
  { psaName, timeZone }: { psaName: string; timeZone: string },
): MailText {
  const at = (instant: string) => `${localDateTime(new Date(instant), timeZone)} (${timeZone})`;
  const since = at(data.since ?? timestamp);
  const about = `Partner: ${data.partner.name}\nPSA: ${psaName}`;
  const run = data.run;
  const runName = run && `${pipelineTerms[run.pipeline].run} of ${run.date}`;
  switch (type) {
    case NoticeType.NEEDS_ATTENTION:
      return mail(`${psaName} of ${data.partner.name} needs attention`, [
        `Nothing has been delivered to this PSA since ${since}. Pending deliveries wait; nothing is lost.`,
        about,
        `What to do: ${data.reason ?? 'check the integration.'}`,
        'The service keeps trying, and notifies you when the integration works again.',
      ]);
    case NoticeType.RECOVERED:
      return mail(`${psaName} of ${data.partner.name} works again`, [
        `It works since ${at(timestamp)}. It needed attention since ${since}. Pending deliveries are sent now.`,
        about,
        'There is nothing to do.',
      ]);
    case NoticeType.RUN_FAILED:
      return mail(`${psaName} of ${data.partner.name}: the ${runName} has failed deliveries`, [
        `The ${runName} ended at ${at(timestamp)}: ${run!.failed} of ${run!.total} deliveries failed.`,
        about,
        'What to do: read why each delivery failed, fix the cause in the PSA or in the mappings, then retry.',
      ]);
    case NoticeType.DELIVERY_HELD:
      return mail(`${psaName} of ${data.partner.name}: the ${runName} waits for approval`, [
        `Since ${at(timestamp)} ${run!.held} of ${run!.total} quantities wait: each would fall to zero, or leave a place that was billed before.`,
        about,
        'What to do: look at each quantity, then retry it to approve it, or leave it as it is.',
      ]);
  }
}

function mail(subject: string, paragraphs: string[]): MailText {
  return { subject, text: `${paragraphs.join('\n\n')}\n` };
}
