import type { Logger } from 'pino';
import type { PsaHttp } from './http.js';

/**
 * One kind of PSA, as a value: what it is called, what its form asks for, what it can do, and how to
 * connect. A plugin never touches the database and keeps no state beyond one connection's caches.
 */
export interface PsaPlugin {
  /** Stable, lower case: "connectwise". Stored with every integration. */
  readonly id: string;
  /** As its users call it: "ConnectWise PSA". */
  readonly name: string;
  readonly credentialFields: readonly CredentialField[];
  readonly capabilities: readonly PsaCapability[];
  /**
   * Brings what a person typed into the form that is stored (a site without scheme and path, for example),
   * or says which fields cannot be right. No I/O.
   */
  readCredentials(typed: Credentials): { credentials: Credentials } | { problems: CredentialProblem[] };
  /**
   * Names the account that these credentials open ("na.myconnectwise.net/acme"), whoever logs in. Two
   * credentials with the same key see the same companies and boards. No secrets in it. No I/O.
   */
  accountKey(credentials: Credentials): string;
  connect(credentials: Credentials, environment: PsaEnvironment): PsaAdapter;
}

export type Credentials = Readonly<Record<string, string>>;

export interface CredentialField {
  key: string;
  label: string;
  help?: string;
  placeholder?: string;
  required: boolean;
  secret: boolean;
}

export interface CredentialProblem {
  /** A key of `credentialFields`. */
  key: string;
  message: string;
}

export type PsaCapability =
  | 'TICKETS'
  | 'TICKET_NOTES'
  | 'TICKET_CLOSE'
  | 'AGREEMENT_ADDITIONS'
  | 'BILLING_LEVELS'
  | 'BACKUP_STATISTICS'
  | 'DOCUMENTS'
  | 'PROVISIONING';

/** What a connection gets from its surroundings. */
export interface PsaEnvironment {
  http: PsaHttp;
  logger: Logger;
  /** The current instant; a test sets it. */
  now(): Date;
  /** The vendor's product name as it stands in the PSA, to the letter. */
  solutionName: string;
  /** The vendor's own client id at this PSA's maker, where it needs one. */
  clientId: string | undefined;
}

/** One connected PSA account. Every method throws only the classes of errors.ts. */
export interface PsaAdapter {
  /**
   * Tries every right that the options need, without changing anything. Never throws for what the PSA
   * says: a refused login is a failed check with a hint, the checks that depend on it are SKIPPED.
   */
  checkAccess(needs: AccessNeeds): Promise<AccessCheck[]>;

  /** Active boards that take service tickets, by name. */
  listServiceBoards(): Promise<PsaReference[]>;
  /** Active types of a board, each with the subtypes that may go with it. An unknown board has none. */
  listServiceTypes(boardId: string): Promise<ServiceType[]>;
  listTicketPriorities(): Promise<PsaReference[]>;
  /** Active companies, searched and paged by the PSA, in the order of a stable key. */
  findCompanies(query: CompanyQuery): Promise<PsaPage<PsaCompany>>;
  /** Those of the ids that exist and are active, in any order. */
  getCompanies(ids: readonly string[]): Promise<PsaCompany[]>;
  /** Active companies whose name is one of these, whatever the case: for suggestions. */
  findCompaniesByName(names: readonly string[]): Promise<PsaCompany[]>;
  listBillingLevels(): Promise<BillingLevel[]>;

  /** Tickets that carry one of the references, as few requests as the PSA allows. Missing ones are left out. */
  findTickets(references: readonly string[]): Promise<TicketRecord[]>;
  /** Creates one ticket. The summary is cut to the PSA's limit. */
  createTicket(draft: TicketDraft): Promise<TicketRecord>;

  /**
   * For each request the exact place its quantity goes to, with the quantity that stands there now, or why
   * there is none. Answers in the order of the requests. Never guesses between two places.
   */
  resolveBillingTargets(
    requests: readonly BillingRequest[],
    options: BillingOptions,
  ): Promise<BillingResolution[]>;
  /**
   * Makes the PSA bill exactly `quantity` (absolute) at the target in this period, and says what stands
   * there after. Writes nothing when it is right already. Safe to repeat.
   */
  setBilledQuantity(target: BillingTarget, quantity: string, period: BillingPeriod): Promise<QuantityOutcome>;
}

export interface AccessNeeds {
  /** Also check what billing needs; without it those checks are made but not required. */
  billing: boolean;
}

export interface AccessCheck {
  /** Stable: "login", "boards", "priorities", "companies", "tickets", "solution", "agreements"… */
  id: string;
  title: string;
  required: boolean;
  state: 'PASSED' | 'FAILED' | 'SKIPPED';
  /** What the PSA said, in plain words. */
  message?: string;
  /** What to do in the PSA to mend it. */
  hint?: string;
}

export interface PsaReference {
  id: string;
  name: string;
}

export interface ServiceType extends PsaReference {
  subtypes: PsaReference[];
}

export interface PsaCompany {
  id: string;
  /** The PSA's short unique name. */
  identifier: string;
  name: string;
}

export interface CompanyQuery {
  search?: string;
  first: number;
  /** `endCursor` of the page before. */
  after?: string;
}

export interface PsaPage<T> {
  nodes: T[];
  hasNextPage: boolean;
  endCursor?: string;
}

/** Which product of which kind of agreement a level of a usage type is billed on. */
export interface BillingLevel {
  level: string;
  usageType: string;
  agreementType?: PsaReference;
  product?: PsaReference;
  active: boolean;
}

export interface TicketDraft {
  /** Our key for this ticket, stored on it: at most 100 characters of [A-Za-z0-9:_-]. */
  reference: string;
  summary: string;
  /** Plain text, lines separated by \n. */
  body: string;
  companyId: string;
  boardId?: string;
  typeId?: string;
  subtypeId?: string;
  priorityId?: string;
}

export interface TicketRecord {
  id: string;
  reference: string;
  summary: string;
  /** Where a person opens it in the PSA, when the PSA has such addresses. */
  url?: string;
}

export interface BillingRequest {
  companyId: string;
  usageType: string;
  level: string;
}

export interface BillingOptions {
  /** Offer a place that does not exist yet but would be created by `setBilledQuantity`. */
  createMissing: boolean;
  /** The partner's local date that decides which agreements and lines are in force, "2026-11-23". */
  onDate: string;
}

export type BillingResolution =
  | { state: 'RESOLVED'; target: BillingTarget }
  | { state: 'UNRESOLVED'; reason: UnresolvedReason; message: string };

/**
 * Why a quantity has no place. LEVEL_DISABLED is the partner's own decision; every other reason is
 * something to mend in the PSA or in the mapping.
 */
export type UnresolvedReason =
  | 'NO_SUCH_LEVEL'
  | 'LEVEL_DISABLED'
  | 'LEVEL_INCOMPLETE'
  | 'LEVEL_AMBIGUOUS'
  | 'NO_AGREEMENT'
  | 'SEVERAL_AGREEMENTS'
  | 'NO_ADDITION'
  | 'SEVERAL_ADDITIONS'
  | 'NO_SUCH_COMPANY';

/** One place in the PSA that bills a quantity. */
export interface BillingTarget {
  /** Equal for two targets that are the same place; what the ledger of written quantities goes by. */
  key: string;
  /** For people: "Cloud Backup on 'Managed Backup 2026' (Contoso)". */
  description: string;
  /** The quantity there when it was resolved; null where the place is yet to be created. Exact decimal. */
  quantity: string | null;
  /** The adapter's own data, JSON, handed back as it is. */
  place: unknown;
}

/** Both dates inclusive, in the partner's calendar. */
export interface BillingPeriod {
  start: string;
  end: string;
}

export type QuantityOutcome =
  /** `after` was read from the PSA's answer, not assumed. */
  | { state: 'APPLIED' | 'UNCHANGED'; before: string | null; after: string; recordId: string; url?: string }
  /** The place is not as it was resolved (cancelled, gone, now two): resolve again, or a person has to look. */
  | { state: 'REFUSED'; reason: UnresolvedReason | 'NOT_APPLIED'; message: string };
