/** The outcome of one attempt to send a notice. */
export type SendOutcome =
  | { state: 'DELIVERED' }
  /** FAILED: another attempt cannot succeed. GONE: the receiver accepts no more notices at all. */
  | { state: 'RETRY' | 'FAILED' | 'GONE'; error: string };
