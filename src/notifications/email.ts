import { createTransport } from 'nodemailer';
import { secretsInSettings } from '../config/secrets-in-settings.js';
import { type Redact, redactor } from '../text/redaction.js';
import type { MailText } from './mail-text.js';
import type { Sent } from './sent.js';

export interface Mailer {
  /** Sends one mail to one address. `id` is the notice's; every attempt is the same message. */
  send(to: string, mail: MailText & { id: string }): Promise<Sent>;
  close(): void;
}

/**
 * Sends by the operator's own SMTP server, a connection for each mail. The headers keep machines from answering;
 * people's answers go to `from`.
 */
export function createMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 15_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const redact = redactor(secretsInSettings({ SMTP_URL: smtpUrl }));
  const domain = /@([^\s<>@]+)>?$/.exec(from)?.[1] ?? 'psa-bridge.invalid';
  return {
    async send(to, { id, subject, text }) {
      try {
        await transport.sendMail({
          from,
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        });
        return { state: 'DELIVERED' };
      } catch (error) {
        return outcomeOf(error as SmtpError, redact);
      }
    },
    close: () => transport.close(),
  };
}

interface SmtpError extends Error {
  code?: string;
  /** The server's own, where it answered. */
  responseCode?: number;
}

/** A mailbox that does not exist will not be there later; whatever is wrong with the server may be mended. */
function outcomeOf({ code, responseCode, message }: SmtpError, redact: Redact): Sent {
  const forGood = code === 'EENVELOPE' && (responseCode ?? 0) >= 500;
  const error = `The mail server: ${redact(message).slice(0, 300)}`;
  return { state: forGood ? 'FAILED' : 'RETRY', error };
}
