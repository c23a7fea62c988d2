/** Who receives notices, and by which means. */
export interface NotificationSettings {
  webhookUrls: readonly string[];
  /** Newest first; every webhook is signed with all of them. */
  webhookSecrets: readonly string[];
  /** Hosts (`host[:port]`) that may be private addresses or plain http. */
  webhookAllowedHosts: readonly string[];
  /** Set together with `emailFrom`; otherwise no e-mail is sent. */
  smtpUrl: string | undefined;
  emailFrom: string | undefined;
  operatorEmails: readonly string[];
}
