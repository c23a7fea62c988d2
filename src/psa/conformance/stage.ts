import type { Credentials, PsaEnvironment } from '../adapter.js';
import type { PsaCapability } from '../capabilities.js';

/** What goes wrong with the next request that writes. */
export type WriteFault =
  /** The connection breaks before the PSA did anything. */
  | 'reset-before'
  /** The PSA did the work, and its answer is lost. */
  | 'reset-after'
  /** The PSA asks to slow down. */
  | 'busy'
  /** A proxy answers with HTML instead. */
  | 'proxy-error';

/**
 * A PSA account to test a plugin on: the plugin's sandbox, seeded with at least 30 companies. A plugin with TICKETS
 * also needs at least one board and its `tickets`, one with AGREEMENT_ADDITIONS its `billing`.
 */
export type ConformanceStage<Capability extends PsaCapability = PsaCapability> = AccountStage &
  ('TICKETS' extends Capability ? { tickets: TicketStage } : unknown) &
  ('AGREEMENT_ADDITIONS' extends Capability ? { billing: BillingStage } : unknown);

export interface AccountStage {
  environment: PsaEnvironment;
  /** A good login, as a person types it into the form. */
  credentials: Credentials;
  /** The same account typed differently: with spaces, a path, other letter case, or whatever people do. */
  credentialsTypedDifferently: Credentials;
  /** A login that the PSA refuses. */
  wrongCredentials: Credentials;
  /** The good login at an address where nothing listens. */
  unreachableCredentials: Credentials;
  /** An active company. */
  companyId: string;
  /** The name of a company with quotes, brackets, umlauts or signs, exactly as the PSA shows it. */
  awkwardCompanyName: string;
  /** Affects the next request that writes, and no other. */
  breakNextWrite(fault: WriteFault): void;
  close(): Promise<void>;
}

export interface TicketStage {
  /** Looks behind the API: the number of tickets with the reference, and the text of the first one. */
  withReference(reference: string): { count: number; text: string };
}

export interface BillingStage {
  /** A company that has exactly one place for this usage type and level on this date. */
  companyId: string;
  usageType: string;
  level: string;
  onDate: string;
  /** Looks behind the API: the quantity of that place now. */
  quantity(): number;
}
