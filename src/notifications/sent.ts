/** What became of an attempt to send a notice. */
export type Sent =
  | { state: 'DELIVERED' }
  /** FAILED: no use in trying again; GONE: the receiver wants no more notices at all. */
  | { state: 'RETRY' | 'FAILED' | 'GONE'; error: string };
