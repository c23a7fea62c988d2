import { z } from 'zod';
import { allowedHosts, portOf } from '../../psa/allowed-hosts.js';
import { everyEntry, passwordsInUrl } from '../../text/secrets-in-text.js';
import { hostList, listOf } from '../parsers.js';
import { setting, type ValuesOf } from '../setting.js';

/** Standard Webhooks: "whsec_" and 24 to 64 bytes in base64. */
const webhookSecret = z.string().refine(secret => {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const { length } = Buffer.from(encoded ?? '', 'base64');
  return encoded !== undefined && encoded.length % 4 === 0 && length >= 24 && length <= 64;
}, 'must be "whsec_" and 24 to 64 bytes in base64');

const webhookUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL', abort: true })
  .max(2_000, 'must have at most 2,000 characters')
  .refine(url => {
    const { username, password } = new URL(url);
    return username === '' && password === '';
  }, 'must be a URL without a user and a password');

/** "PSA Bridge <bridge@vendor.example>", or the address alone. */
const sender = z
  .string()
  .refine(
    text => z.email().safeParse(/^[^<>\r\n]*<([^<>]+)>$/.exec(text)?.[1] ?? text).success,
    'must be an e-mail address, or "Name <address>"',
  );

export const noticeSettings = {
  webhookUrls: setting({
    name: 'WEBHOOK_URLS',
    parser: listOf(webhookUrl),
    default: '',
    description:
      'the https URLs that receive a webhook when an integration breaks, comma separated; see [Notifications](docs/operating.md#notifications)',
  }),
  /** Newest first; every webhook is signed with all of them. */
  webhookSecrets: setting({
    name: 'WEBHOOK_SECRET',
    parser: listOf(webhookSecret),
    default: '',
    secret: text => everyEntry(text).flatMap(entry => [entry, entry.replace(/^whsec_/, '')]),
    description:
      'signs webhooks: `whsec_` and 24 to 64 bytes in base64. Several while receivers change over, comma separated, newest first',
  }),
  webhookAllowedHosts: setting({
    name: 'WEBHOOK_ALLOWED_HOSTS',
    parser: hostList,
    default: '',
    description:
      'webhook hosts (`host:port`, `host`) that may have private addresses or use plain http, comma separated',
  }),
  smtpUrl: setting({
    name: 'SMTP_URL',
    parser: z.url({ protocol: /^smtps?$/, error: 'must be smtp://… or smtps://…' }),
    secret: passwordsInUrl,
    description:
      'the mail server: `smtps://user:password@host:465`, or `smtp://…:587` (STARTTLS; `?requireTLS=true` requires it)',
  }),
  emailFrom: setting({
    name: 'EMAIL_FROM',
    parser: sender,
    description: 'the sender of e-mails, such as `PSA Bridge <bridge@vendor.example>`; replies go there',
  }),
  operatorEmails: setting({
    name: 'OPERATOR_EMAILS',
    parser: listOf(z.email('must be an e-mail address')),
    default: '',
    description:
      "the vendor's e-mail addresses that are notified, comma separated; a partner's own address is in its options",
  }),
};

export function noticeProblems({ notices }: { notices: ValuesOf<typeof noticeSettings> }): string[] {
  const { webhookSecrets, webhookAllowedHosts, smtpUrl, emailFrom, operatorEmails } = notices;
  const urls = notices.webhookUrls.map(url => new URL(url));
  const excepted = allowedHosts(webhookAllowedHosts, urls.map(portOf));
  const plain = urls.filter(url => url.protocol !== 'https:' && !excepted.allows(url));
  return [
    ...plain.map(({ host }) => `WEBHOOK_URLS: ${host} must be reached by https`),
    ...(urls.length > 0 && webhookSecrets.length === 0
      ? [
          'WEBHOOK_SECRET: must be set when WEBHOOK_URLS is; make one with "echo whsec_$(openssl rand -base64 32)"',
        ]
      : []),
    ...(smtpUrl && !emailFrom ? ['EMAIL_FROM: must be set when SMTP_URL is'] : []),
    ...(operatorEmails.length > 0 && !smtpUrl ? ['SMTP_URL: must be set when OPERATOR_EMAILS is'] : []),
  ];
}
