import { localDateTime } from '../domain/calendar.js';
import { type NoticePayload, NoticeType } from '../domain/notices/notice.js';

export interface MailText {
  subject: string;
  text: string;
}

/** The e-mail of a notice, plain text; times are in the partner's zone, with its name. */
export function writeMail(
  { type, timestamp, data }: NoticePayload,
  { psaName, timeZone }: { psaName: string; timeZone: string },
): MailText {
  const at = (instant: string) => `${localDateTime(new Date(instant), timeZone)} (${timeZone})`;
  const since = at(data.since ?? timestamp);
  const who = `Partner: ${data.partner.name}\nPSA: ${psaName}`;
  const run = data.run;
  const runName = run && `${run.pipeline === 'USAGE' ? 'usage run of' : 'digest of'} ${run.date}`;
  switch (type) {
    case NoticeType.NEEDS_ATTENTION:
      return mail(`${psaName} of ${data.partner.name} needs attention`, [
        `Nothing is delivered to this PSA since ${since}. What is owed waits; nothing is lost.`,
        who,
        `What to do: ${data.reason ?? 'check the integration.'}`,
        'It is tried again by itself, and you are told when it is well.',
      ]);
    case NoticeType.RECOVERED:
      return mail(`${psaName} of ${data.partner.name} is well again`, [
        `It works again since ${at(timestamp)}. It needed attention since ${since}. What was owed goes out now.`,
        who,
        'There is nothing to do.',
      ]);
    case NoticeType.RUN_FAILED:
      return mail(`${psaName} of ${data.partner.name}: the ${runName} did not reach everything`, [
        `The ${runName} ended at ${at(timestamp)}: ${run!.failed} of ${run!.total} deliveries failed.`,
        who,
        'What to do: read why each one failed, mend it in the PSA or the mappings, then retry them.',
      ]);
    case NoticeType.DELIVERY_HELD:
      return mail(`${psaName} of ${data.partner.name}: the ${runName} waits for approval`, [
        `Since ${at(timestamp)} ${run!.held} of ${run!.total} quantities wait: each would fall to zero, or leave a place that was billed before.`,
        who,
        'What to do: look at each, then approve it by a retry, or leave it as it is.',
      ]);
  }
}

function mail(subject: string, paragraphs: string[]): MailText {
  return { subject, text: `${paragraphs.join('\n\n')}\n` };
}
