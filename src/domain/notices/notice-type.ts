/** What a notice reports. The values are the types that receivers of webhooks see. */
export enum NoticeType {
  NEEDS_ATTENTION = 'integration.needs_attention',
  RECOVERED = 'integration.recovered',
  RUN_FAILED = 'run.failed',
  DELIVERY_HELD = 'delivery.held',
}
