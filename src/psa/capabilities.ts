/**
 * What a plugin can do beyond checking access and reading companies. A plugin declares its capabilities; the
 * service calls the operations of a capability only if it is declared (installed-plugin.ts), and rejects the
 * options that need one that is missing.
 *
 * - `TICKETS`: service boards with types and subtypes, priorities, finding and creating tickets.
 * - `AGREEMENT_ADDITIONS`: finding the place that a quantity is billed on, and setting the quantity.
 * - `BILLING_LEVELS`: the PSA itself lists the billing levels and the product of each. Without it, a mapping may
 *   name any level, and the plugin decides what it means. Of no use without `AGREEMENT_ADDITIONS`.
 */
export const psaCapabilities = ['TICKETS', 'AGREEMENT_ADDITIONS', 'BILLING_LEVELS'] as const;

export type PsaCapability = (typeof psaCapabilities)[number];

/**
 * Names that the API's contract reserves. The service has no operation for them yet, so a plugin cannot declare
 * them. A name moves to `psaCapabilities` together with its operations.
 */
export const reservedCapabilities = [
  'TICKET_NOTES',
  'TICKET_CLOSE',
  'BACKUP_STATISTICS',
  'DOCUMENTS',
  'PROVISIONING',
] as const;
