/*
 * `psa-bridge/plugin`: everything that a PSA plugin imports. A plugin is a module that exports a `plugin` of the type
 * PsaPlugin. docs/writing-a-plugin.md describes the steps; the comments on the declarations are the contract.
 */

export type {
  /** A right that was tested, the result, and what to do in the PSA. */
  AccessCheck,
  /** Which rights the options of an integration require. */
  AccessNeeds,
  /** What `connect` returns for a plugin with the given capabilities. */
  AdapterWith,
  /** A row of the PSA's own table of billing levels. */
  BillingLevel,
  /** How quantities are resolved: for which date, and whether missing places may be created. */
  BillingOptions,
  /** The first and last day that a quantity is billed for. */
  BillingPeriod,
  /** Company, usage type and level of a quantity: what is resolved to a place. */
  BillingRequest,
  /** The place of a quantity, or why there is none. */
  BillingResolution,
  /** One place in the PSA that bills a quantity. */
  BillingTarget,
  /** What the PSA's settings mean for the invoice of a quantity. */
  BillingTerms,
  /** A page of companies to find. */
  CompanyQuery,
  /** One entry of the form that connects the PSA. */
  CredentialField,
  /** A field of the form that is invalid. */
  CredentialProblem,
  /** The values of the form, by the keys of its fields. */
  Credentials,
  /** The operations that every plugin has. */
  PsaAccount,
  /** The operations of all capabilities. */
  PsaAdapter,
  /** The operations of the capability AGREEMENT_ADDITIONS. */
  PsaBilling,
  /** The operations of the capability BILLING_LEVELS. */
  PsaBillingLevels,
  /** A customer of the partner, as the PSA knows it. */
  PsaCompany,
  /** What the service gives to `connect`: HTTP, log, clock, and the vendor's names. */
  PsaEnvironment,
  /** The log of a connection. */
  PsaLogger,
  /** A page of results, and where the next one begins. */
  PsaPage,
  /** The plugin itself. */
  PsaPlugin,
  /** The id and name of a record of the PSA. */
  PsaReference,
  /** The operations of the capability TICKETS. */
  PsaTickets,
  /** What `setBilledQuantity` did, and the quantity that the PSA shows afterwards. */
  QuantityOutcome,
  /** A ticket type of a board, with its subtypes. */
  ServiceType,
  /** A ticket to create. */
  TicketDraft,
  /** A ticket that exists. */
  TicketRecord,
  /** Why a quantity has no place. */
  UnresolvedReason,
} from './adapter.js';
/** What a plugin can declare, with the operations that each value stands for. */
export type { PsaCapability } from './capabilities.js';
/** A message of the PSA about one field. */
export type { PsaFieldError } from './errors.js';
export {
  /** The PSA asks to slow down; it did nothing. */
  PsaBusy,
  /** The base class; plugins throw its subclasses. */
  PsaError,
  /** The PSA rejects the login. */
  PsaLoginRefused,
  /** The PSA rejects this request; the same request fails again. */
  PsaRejected,
  /** The login lacks a right. */
  PsaRightMissing,
  /** An answer that the plugin does not understand. */
  PsaSurprise,
  /** No usable answer. */
  PsaUnreachable,
} from './errors.js';
export type {
  /** The guarded HTTP client: a plugin has no other way to send requests. */
  PsaHttp,
  /** One request. */
  PsaRequest,
  /** Its answer. */
  PsaResponse,
} from './http.js';
