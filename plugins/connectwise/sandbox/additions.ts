import { ApiError, invalid } from './api-error.js';
import { checkWhole, readPatch } from './patching.js';
import { validateBody } from './schema.js';
import type { Addition, Agreement, Ref, SandboxStore } from './store.js';
import type { Writing } from './tickets.js';

type Body = Record<string, unknown>;

/** The record as ConnectWise shows it, with amounts derived from quantity and prices (arithmetic of a real record). */
export function shown(store: SandboxStore, addition: Addition): object {
  const billedQuantity = addition.quantity - (addition.lessIncluded ?? 0);
  const extPrice = billedQuantity * (addition.unitPrice ?? 0);
  const extCost = billedQuantity * (addition.unitCost ?? 0);
  return {
    ...addition,
    billedQuantity,
    extPrice,
    extCost,
    margin: extPrice - extCost,
    agreementStatus: store.agreements.get(addition.agreementId)?.agreementStatus,
  };
}

export function createAddition(
  { store, credential, now, keptDecimals }: Writing,
  agreement: Agreement,
  body: Body,
): Addition {
  validateBody('addition', 'Addition', body);
  const item = productOf(store, body.product as Ref);
  const effectiveDate = (body.effectiveDate as string | undefined) ?? `${now.slice(0, 10)}T00:00:00Z`;
  checkEffectiveDate(agreement, effectiveDate);
  const addition = store.additions.add({
    ...(body as Partial<Addition>),
    agreementId: agreement.id,
    product: { id: item.id, identifier: item.identifier },
    quantity: rounded((body.quantity as number | undefined) ?? 1, keptDecimals),
    billCustomer: body.billCustomer as Addition['billCustomer'],
    effectiveDate,
    unitPrice: (body.unitPrice as number | undefined) ?? item.price,
    unitCost: (body.unitCost as number | undefined) ?? item.cost,
    description: (body.description as string | undefined) ?? item.description,
    _info: { dateEntered: now, enteredBy: credential.user, lastUpdated: now, updatedBy: credential.user },
  });
  store.additionChanges.push({
    additionId: addition.id,
    field: 'quantity',
    before: null,
    after: addition.quantity,
    at: now,
    by: credential.user,
  });
  return addition;
}

function rounded(quantity: number, decimals: number | undefined): number {
  return decimals === undefined ? quantity : Number(quantity.toFixed(decimals));
}

function productOf(store: SandboxStore, { id, identifier }: Ref) {
  const item =
    id === undefined ? store.catalog.all().find(row => row.identifier === identifier) : store.catalog.get(id);
  if (!item)
    throw invalid('addition', {
      code: 'NotFound',
      message: `Product ${id ?? identifier} not found`,
      field: 'product/id',
    });
  if (item.productClass === 'Bundle') {
    throw invalid('addition', {
      code: 'InvalidObject',
      message: 'Bundle products can not be added to an agreement.',
      field: 'product/id',
    });
  }
  return item;
}

/** Both rules and their texts come from other vendors' help pages. */
function checkEffectiveDate(agreement: Agreement, effectiveDate: string): void {
  if (agreement.billStartDate && effectiveDate < agreement.billStartDate) {
    throw invalid('addition', {
      code: 'InvalidObject',
      message: 'effectiveDate cannot be less than the agreement billing start date',
      field: 'effectiveDate',
    });
  }
  if (agreement.nextInvoiceDate && !agreement.prorateFlag && effectiveDate < agreement.nextInvoiceDate) {
    throw invalid('addition', {
      code: 'InvalidObject',
      message: `An invoice will not be generated for this period. Prorate the addition or set the effective date to ${agreement.nextInvoiceDate.slice(0, 10)} or later.`,
      field: 'effectiveDate',
    });
  }
}

export function patchAddition(
  { store, credential, now, subPaths, keptDecimals }: Writing,
  addition: Addition,
  body: unknown,
): Addition {
  const changes = readPatch('addition', 'Addition', body, subPaths);
  checkWhole('addition', 'Addition', { ...addition, ...changes });
  const agreement = store.agreements.get(addition.agreementId)!;
  if (typeof changes.effectiveDate === 'string') checkEffectiveDate(agreement, changes.effectiveDate);
  if (changes.product) {
    const item = productOf(store, changes.product as Ref);
    changes.product = { id: item.id, identifier: item.identifier };
  }
  if (typeof changes.quantity === 'number') changes.quantity = rounded(changes.quantity, keptDecimals);
  for (const [field, after] of Object.entries(changes)) {
    const before = addition[field as keyof Addition];
    store.additionChanges.push({
      additionId: addition.id,
      field,
      before,
      after,
      at: now,
      by: credential.user,
    });
  }
  store.additions.change(addition, {
    ...(changes as Partial<Addition>),
    _info: { ...addition._info, lastUpdated: now, updatedBy: credential.user },
  });
  return addition;
}

/** Answers a change as if it were kept. The stored addition stays as it is. */
export function echoAddition(writing: Writing, addition: Addition, body: unknown): Addition {
  return { ...addition, ...readPatch('addition', 'Addition', body, writing.subPaths) };
}

/** An invoiced addition cannot be deleted. The status 409 is our choice; no source shows it. */
export function deleteAddition({ store }: Writing, addition: Addition): void {
  const agreement = store.agreements.get(addition.agreementId)!;
  if (agreement.nextInvoiceDate && (addition.effectiveDate ?? '') < agreement.nextInvoiceDate) {
    throw new ApiError(409, {
      code: 'Conflict',
      message: 'The addition has been invoiced and can not be deleted.',
      errors: null,
    });
  }
  store.additions.delete(addition);
}
