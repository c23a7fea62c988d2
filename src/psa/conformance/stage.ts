import type { PsaEnvironment, PsaPlugin } from '../adapter.js';

/** What goes wrong with the next request that writes. */
export type WriteFault =
  /** The connection breaks before the PSA did anything. */
  | 'reset-before'
  /** The PSA did it, and its answer is lost. */
  | 'reset-after'
  | 'busy'
  /** A proxy answers with HTML instead. */
  | 'proxy-error';

/**
 * A PSA account to try a plugin on: the plugin's sandbox, seeded so that there are at least 30 companies, two
 * boards, and one company that has exactly one place for a usage type and level.
 */
export interface ConformanceStage {
  plugin: PsaPlugin;
  environment: PsaEnvironment;
  /** A good login, as a person types it into the form. */
  credentials: Readonly<Record<string, string>>;
  /** The same account typed differently: with spaces, a path, other letters, whatever people do. */
  credentialsTypedDifferently: Readonly<Record<string, string>>;
  /** A login that the PSA refuses. */
  wrongCredentials: Readonly<Record<string, string>>;
  /** A company that is billed by `usageType` and `level`, and the date on which that is so. */
  billed: { companyId: string; usageType: string; level: string; onDate: string };
  /** A company with quotes, brackets, umlauts or signs in its name, as the PSA shows it. */
  awkwardCompanyName: string;
  /** Looks behind the API: how many tickets carry the reference, and the text of the first. */
  ticketsWith(reference: string): { count: number; text: string };
  /** Looks behind the API: what the billed company's place holds. */
  billedQuantity(): number;
  breakNextWrite(fault: WriteFault): void;
  /** An address where nothing listens. */
  deadSite: string;
  close(): Promise<void>;
}
