import type { PsaCapability } from './capabilities.js';
import type { PsaHttp } from './http.js';

/**
 * One kind of PSA, as a value: its name, the fields of its form, its capabilities, and how to connect. A plugin
 * never uses the database, and keeps no state except the caches of a connection.
 *
 * `Capability` is the union of the capabilities that it declares: the compiler then requires their operations, and
 * no others, of the adapter.
 */
export interface PsaPlugin<Capability extends PsaCapability = PsaCapability> {
  /** Stable, lower case, such as "examplepsa". Stored with every integration. */
  readonly id: string;
  /** The name that its users know, such as "Example PSA". */
  readonly name: string;
  readonly credentialFields: readonly CredentialField[];
  readonly capabilities: readonly Capability[];
  /**
   * Converts what a person typed into the form that is stored (adds the scheme to a site, for example), or names
   * the fields that are invalid. No I/O.
   */
  readCredentials(typed: Credentials): { credentials: Credentials } | { problems: CredentialProblem[] };
  /**
   * Identifies the account that these credentials open ("psa.example.net/acme"), whichever login is used. Two
   * credentials with the same key see the same companies and boards. Contains no secret. No I/O.
   */
  accountKey(credentials: Credentials): string;
  connect(credentials: Credentials, environment: PsaEnvironment): AdapterWith<Capability>;
}

export type Credentials = Readonly<Record<string, string>>;

/** One entry of the form that connects a PSA. */
export interface CredentialField {
  key: string;
  label: string;
  help?: string;
  placeholder?: string;
  required: boolean;
  /** The value is never shown again, and is removed from error answers of the PSA. */
  secret: boolean;
}

export interface CredentialProblem {
  /** A key of `credentialFields`. */
  key: string;
  message: string;
}

/** What the service gives to a connection. */
export interface PsaEnvironment {
  http: PsaHttp;
  logger: PsaLogger;
  /** The current instant; tests set it. */
  now(): Date;
  /** The vendor's product name, exactly as it is written in the PSA. */
  solutionName: string;
  /** The vendor's client id at the maker of this PSA, if the operator has set one (`PSA_CLIENT_IDS`). */
  clientId: string | undefined;
}

/** Writes structured log lines. The log redacts the secrets of the service's settings, not those of a partner. */
export interface PsaLogger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Operations that every plugin has. Every operation of an adapter throws only the classes of errors.ts. */
export interface PsaAccount {
  /**
   * Tests every right that the options need, without changing anything. Never throws because of an answer of the
   * PSA: a refused login is a FAILED check with a hint, and the checks that depend on it are SKIPPED.
   */
  checkAccess(needs: AccessNeeds): Promise<AccessCheck[]>;
  /** Active companies, searched and paged by the PSA, in the order of a stable key. */
  findCompanies(query: CompanyQuery): Promise<PsaPage<PsaCompany>>;
  /** The companies with these ids that exist and are active, in any order. */
  getCompanies(ids: readonly string[]): Promise<PsaCompany[]>;
  /** Active companies with exactly one of these names, ignoring case: used for suggestions. */
  findCompaniesByName(names: readonly string[]): Promise<PsaCompany[]>;
}

/** Operations of the capability TICKETS. */
export interface PsaTickets {
  /** Active boards that take service tickets, sorted by name. */
  listServiceBoards(): Promise<PsaReference[]>;
  /** Active types of a board, each with its subtypes. Empty for an unknown board. */
  listServiceTypes(boardId: string): Promise<ServiceType[]>;
  listTicketPriorities(): Promise<PsaReference[]>;
  /** The tickets that have one of the references, in as few requests as the PSA allows. Missing ones are left out. */
  findTickets(references: readonly string[]): Promise<TicketRecord[]>;
  /** Creates one ticket. Shortens the summary to the PSA's limit. */
  createTicket(draft: TicketDraft): Promise<TicketRecord>;
}

/** Operations of the capability AGREEMENT_ADDITIONS. */
export interface PsaBilling {
  /**
   * Finds, for each request, the one place that its quantity belongs to, with the quantity that it has now, or the
   * reason why there is none. Answers in the order of the requests. Never guesses between two places.
   */
  resolveBillingTargets(
    requests: readonly BillingRequest[],
    options: BillingOptions,
  ): Promise<BillingResolution[]>;
  /**
   * Makes the PSA bill exactly `quantity` (absolute) at the target in this period, and reports the quantity
   * afterwards, read from the PSA again. Writes nothing if it is right already. Safe to repeat.
   */
  setBilledQuantity(target: BillingTarget, quantity: string, period: BillingPeriod): Promise<QuantityOutcome>;
}

/** Operations of the capability BILLING_LEVELS. */
export interface PsaBillingLevels {
  listBillingLevels(): Promise<BillingLevel[]>;
}

interface OperationsOf {
  TICKETS: PsaTickets;
  AGREEMENT_ADDITIONS: PsaBilling;
  BILLING_LEVELS: PsaBillingLevels;
}

/** One connected account of a plugin with these capabilities. Other operations may exist, and are never called. */
export type AdapterWith<Capability extends PsaCapability> = PsaAccount &
  ([Capability] extends [never] ? unknown : AllOf<OperationsOf[Capability]>);

/** The intersection of the members of a union. */
type AllOf<Union> = (Union extends unknown ? (member: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** One connected account with all operations, as the service uses it: installed-plugin.ts adds the missing ones. */
export type PsaAdapter = AdapterWith<PsaCapability>;

export interface AccessNeeds {
  /** Also require what billing needs; if false, those checks run and are not required. */
  billing: boolean;
}

export interface AccessCheck {
  /** Stable: "login", "boards", "priorities", "companies", "tickets", "solution", "agreements"… */
  id: string;
  title: string;
  required: boolean;
  state: 'PASSED' | 'FAILED' | 'SKIPPED';
  /** What the PSA answered, in plain words. */
  message?: string;
  /** How to fix it in the PSA. */
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
  /** `endCursor` of the previous page. */
  after?: string;
}

export interface PsaPage<T> {
  nodes: T[];
  hasNextPage: boolean;
  endCursor?: string;
}

/** The product, on a kind of agreement, that a level of a usage type is billed on. */
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
  /** Plain text; lines are separated by \n. */
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
  /** The address that opens it in the PSA's own pages, if the PSA has such addresses. */
  url?: string;
}

export interface BillingRequest {
  companyId: string;
  usageType: string;
  level: string;
}

export interface BillingOptions {
  /** Also resolve to a place that does not exist yet and that `setBilledQuantity` would create. */
  createMissing: boolean;
  /** The date that decides which agreements and lines are in force: "2026-11-23", in the partner's calendar. */
  onDate: string;
}

export type BillingResolution =
  | { state: 'RESOLVED'; target: BillingTarget }
  | { state: 'UNRESOLVED'; reason: UnresolvedReason; message: string };

/**
 * Why a quantity has no place. LEVEL_DISABLED is the partner's own decision. NOT_SUPPORTED is the service's answer
 * for a plugin without AGREEMENT_ADDITIONS. Every other reason is something to fix in the PSA or in the mapping.
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
  /** The agreement ended before the end of the period, or before a new line could begin. */
  | 'AGREEMENT_ENDED'
  /** The line exists and begins after the period's invoice date: nothing is created beside it. */
  | 'BEGINS_LATER'
  /** The line exists and is set so that its quantity is not billed. */
  | 'NOT_BILLED'
  /** A record of this company does not match the PSA's documentation. The message names the field. */
  | 'UNREADABLE'
  | 'NO_SUCH_COMPANY'
  | 'NOT_SUPPORTED';

/** One place in the PSA that bills a quantity. */
export interface BillingTarget {
  /** Equal for two targets if and only if they are the same place; identifies it in the history of written quantities. */
  key: string;
  /** For people: "Cloud Backup on 'Managed Backup 2026' (Contoso)". */
  description: string;
  /** The quantity when it was resolved, an exact decimal; null if the place does not exist yet. */
  quantity: string | null;
  /** What the PSA's own settings mean for the invoice, as far as the PSA tells. */
  terms?: BillingTerms;
  /** The adapter's own data: JSON, stored and handed back unchanged. */
  place: unknown;
}

/** Settings of a place that the service shows and never changes. */
export interface BillingTerms {
  /** The line's own id in the PSA; undefined if it does not exist yet. */
  recordId?: string;
  /** A new line begins with the period, or on this date if it is later: "2026-12-01". Undefined for an existing line. */
  beginsNotBefore?: string;
  /** The date of the PSA invoice that will carry the quantity first: "2026-12-01". */
  billedOn?: string;
  /** The PSA's name of the cycle, such as "Monthly". */
  billingCycle?: string;
  /** The PSA's own word for the billed period, such as "Current". */
  periodType?: string;
  /** Whether a line that begins within a period is billed in part. */
  prorated?: boolean;
  /** The quantity that the price of the agreement includes, an exact decimal: the PSA bills only what exceeds it. */
  lessIncluded?: string;
}

/** Both dates inclusive, in the partner's calendar. */
export interface BillingPeriod {
  start: string;
  end: string;
}

export type QuantityOutcome =
  /** `after` was read from the PSA, not assumed. ROUNDED: the PSA keeps fewer digits, two decimals or more. */
  | {
      state: 'APPLIED' | 'ROUNDED' | 'UNCHANGED';
      before: string | null;
      after: string;
      recordId: string;
      url?: string;
    }
  /** The place has changed since it was resolved (cancelled, gone, now two): resolve again, or let a person look. */
  | { state: 'REFUSED'; reason: UnresolvedReason | 'NOT_APPLIED'; message: string };
