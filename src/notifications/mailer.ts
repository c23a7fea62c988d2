import { createTransport } from 'nodemailer';
import { type Redact, redactor } from '../text/redaction.js';
import { passwordsInUrl, secretsIn } from '../text/secrets-in-text.js';
import type { SendOutcome } from './send-outcome.js';
import type { MailText } from './write-mail.js';

export interface Mailer {
  /** Sends one mail to one address. `id` is the notice's, so every attempt is the same message. Never rejects. */
  send(to: string, mail: MailText & { id: string }): Promise<SendOutcome>;
  close(): void;
}

/**
 * Sends through the operator's own SMTP server, with one connection for each mail. The headers prevent automatic
 * replies; people's replies go to `from`.
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
  // A mail server may repeat the password in an error.
  const redact = redactor(secretsIn(smtpUrl, passwordsInUrl));
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
  /** The SMTP reply code, where the server answered. */
  responseCode?: number;
}

/** A mailbox that does not exist will not exist later either. Every other error may be fixed in the meantime. */
function outcomeOf({ code, responseCode, message }: SmtpError, redact: Redact): SendOutcome {
  const permanent = code === 'EENVELOPE' && (responseCode ?? 0) >= 500;
  const error = `The mail server: ${redact(message).slice(0, 300)}`;
  return { state: permanent ? 'FAILED' : 'RETRY', error };
}
