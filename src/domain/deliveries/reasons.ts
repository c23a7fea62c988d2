/** Why a delivery is skipped, held or failed: the stable code, and the sentence for a person with what to do. */
export const reasons = {
  UNMAPPED: 'The organization is not mapped to a company. Map it, then retry.',
  NO_PRIORITY: 'No ticket is wanted for this kind of result: no priority is set for it in the alert mapping.',
  SUPERSEDED:
    'The PSA could not be reached for a while, and a later result of the same job waited too. Only the last one is sent, as the options say.',
  NO_SERVICE_BOARD: 'No service board is chosen. Choose one in the options, then retry.',
  DIGEST_OFF: 'The daily digest is switched off.',
  NOTHING_KNOWN: 'No backup of this organization was ever reported.',
  BILLING_OFF: 'Billing is switched off.',
  ADDITIONS_OFF: 'Update Agreement Additions is switched off: the statement is kept, the PSA is not changed.',
  FALLS_TO_ZERO: 'The quantity would fall to zero. Retry this delivery to approve it.',
  NOT_MEASURED:
    'Nothing was measured in this period, but a quantity was billed before. Retry this delivery to approve zero.',
  MAPPING_CHANGED: 'No organization is billed here any more. The quantity written earlier is set to zero.',
  TARGET_MOVED:
    'This usage is billed in another place now. Retry this delivery to set the old place to zero, unless its agreement has ended.',
  MAYBE_WRITTEN:
    'This usage is billed elsewhere now. An attempt to write it here was cut off, so it may be billed here too. Check the PSA; retry this delivery to set it to zero.',
  REMAPPED:
    'The mapping was changed before this was written. Start a usage run: it bills by the current mapping.',
  OUTDATED: 'A newer usage run replaced this one. This quantity is not written any more.',
  SHARED_TARGET:
    'Two different usages would be written to the same addition. Give each its own product in the cross-references, then retry.',
  REJECTED: 'The PSA rejects this.',
  GAVE_UP: 'The PSA could not be reached for a week.',
  DISCONNECTED: 'The integration was disconnected before this was delivered.',
} as const;

export type ReasonCode = keyof typeof reasons;
