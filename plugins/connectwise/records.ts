import { z } from 'zod';

/**
 * The fields of ConnectWise's records that the plugin uses. ConnectWise documents nearly every field as optional, and
 * leaves out nulls. Here a field is required if its absence would be misread: an addition without its product is not
 * "no addition of this product", and a ticket without its reference is not "no ticket with this reference".
 */
const id = z.int().positive();
const flag = z.boolean().nullish();
const text = z.string();
/** An exact decimal, as text: exact-json.ts. */
const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
/** A date, written as midnight UTC. An unset date may be an empty text (seen in client code). */
const date = z
  .string()
  .regex(/^(\d{4}-\d{2}-\d{2}|$)/)
  .transform(text => text || null);

export const named = z.object({ id, name: text, inactiveFlag: flag });
export type Named = z.infer<typeof named>;

export const board = named.extend({ projectFlag: flag });
export type Board = z.infer<typeof board>;

export const subType = named.extend({ typeAssociationIds: z.array(id).nullish() });
export type SubType = z.infer<typeof subType>;

export const companyStatus = z.object({ id, inactiveFlag: flag });

export const company = z.object({ id, identifier: text, name: text });
export type Company = z.infer<typeof company>;

export const ticket = z.object({ id, summary: text, externalXRef: text });
export type Ticket = z.infer<typeof ticket>;

/** The answer to a new ticket. If it contains a reference, that is the one that was sent. */
export const newTicket = z.object({ id, summary: text, externalXRef: text.nullish() });

export const agreement = z.object({
  id,
  name: text,
  company: z.object({ id, name: text.nullish() }),
  type: z.object({ id }),
  startDate: date.nullish(),
  endDate: date.nullish(),
  noEndingDateFlag: flag,
  cancelledFlag: flag,
  agreementStatus: text.nullish(),
  billStartDate: date.nullish(),
  nextInvoiceDate: date.nullish(),
  prorateFlag: flag,
  parentAgreement: z.object({ id: z.int().nullish() }).nullish(),
  billingCycle: z.object({ name: text.nullish() }).nullish(),
  periodType: text.nullish(),
});
export type Agreement = z.infer<typeof agreement>;

export const addition = z.object({
  id,
  product: z.object({ id, identifier: text.nullish() }),
  /** Missing means zero. */
  quantity: decimal.nullish(),
  /** Read, never changed. Missing means zero. */
  lessIncluded: decimal.nullish(),
  billCustomer: text.nullish(),
  effectiveDate: date.nullish(),
  cancelledDate: date.nullish(),
  /** A parent's list may contain the additions of its children. */
  agreementId: id.nullish(),
});
export type Addition = z.infer<typeof addition>;

/** A Managed Devices Integration. */
export const solutionRecord = z.object({ id, name: text, solution: text.nullish() });
export type SolutionRecord = z.infer<typeof solutionRecord>;

/** ConnectWise's schema requires none of these fields, so incomplete ones exist. */
export const crossReference = z.object({
  vendorType: text.nullish(),
  vendorLevel: text.nullish(),
  agreementType: z.object({ id: id.nullish(), name: text.nullish() }).nullish(),
  product: z.object({ id: id.nullish(), identifier: text.nullish() }).nullish(),
  inactiveFlag: flag,
});
export type CrossReference = z.infer<typeof crossReference>;

export const companyInfo = z.object({ Codebase: text.nullish(), SiteUrl: text.nullish() }).nullable();
export type CompanyInfo = z.infer<typeof companyInfo>;
