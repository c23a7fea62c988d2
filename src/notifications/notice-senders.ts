import { portOf } from '../psa/allowed-hosts.js';
import type { Receivers } from './address-notices.js';
import { createMailer, type Mailer } from './mailer.js';
import type { NotificationSettings } from './notification-settings.js';
import { createWebhookSender, type WebhookSender } from './webhook-sender.js';

/** The means of sending notices that the settings provide. */
export interface NoticeSenders {
  receivers: Receivers;
  /** Undefined where the settings name no webhook. */
  webhooks: WebhookSender | undefined;
  /** Undefined where the settings name no mail server. */
  mailer: Mailer | undefined;
  close(): Promise<void>;
}

/** Opens no connection before the first notice is sent. */
export function createNoticeSenders(settings: NotificationSettings): NoticeSenders {
  const { webhookUrls, webhookSecrets, webhookAllowedHosts, operatorEmails } = settings;
  const { smtpUrl, emailFrom } = settings;
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
