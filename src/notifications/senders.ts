import type { NoticeSettings } from '../config/config.js';
import { portOf } from '../psa/allowed-hosts.js';
import { createMailer, type Mailer } from './email.js';
import type { Receivers } from './receivers.js';
import { createWebhookSender, type WebhookSender } from './webhook.js';

/** The ways to people that the settings open. */
export interface NoticeSenders {
  receivers: Receivers;
  webhooks: WebhookSender | undefined;
  mailer: Mailer | undefined;
  close(): Promise<void>;
}

/** Opens no connection before the first notice. */
export function createNoticeSenders(settings: NoticeSettings): NoticeSenders {
  const { webhookUrls, webhookSecrets, webhookAllowedHosts, smtpUrl, emailFrom, operatorEmails } = settings;
  const webhooks =
    webhookUrls.length > 0
      ? createWebhookSender({
          secrets: webhookSecrets,
          allowedHosts: webhookAllowedHosts,
          // The operator wrote these URLs, so their ports are the list.
          ports: webhookUrls.map(url => portOf(new URL(url))),
        })
      : undefined;
  const mailer = smtpUrl && emailFrom ? createMailer({ smtpUrl, from: emailFrom }) : undefined;
  return {
    receivers: { webhookUrls, operatorEmails, partners: mailer !== undefined },
    webhooks,
    mailer,
    async close() {
      mailer?.close();
      await webhooks?.close();
    },
  };
}
