import Big from 'big.js';
import {
  type BillingPeriod,
  type BillingTarget,
  PsaError,
  PsaRejected,
  PsaSurprise,
  PsaUnreachable,
  type QuantityOutcome,
  type UnresolvedReason,
} from 'psa-bridge/plugin';
import { z } from 'zod';
import { calendarDate } from './agreements.js';
import type { ConnectWiseClient } from './client.js';
import { type BeginningTerms, beginning } from './effective-date.js';
import { exactNumber } from './exact-json.js';
import { type Addition, addition } from './records.js';
import { isRounded } from './rounding.js';
import { type ReadRows, readRows } from './rows.js';

/** The place of a quantity: an addition, or the agreement on which one will be created. */
export interface Place extends BeginningTerms {
  agreementId: number;
  productId: number;
  additionId: number | null;
  /** The invoice date of the period, as a calendar date. */
  onDate: string;
  /** The agreement's last day; null if it has no end. */
  lastDay: string | null;
}

const exact = ['quantity', 'lessIncluded'];

/** The additions of one agreement. A parent's list may contain those of its children; they are left out. */
export async function additionsOf(
  client: ConnectWiseClient,
  agreementId: number,
): Promise<ReadRows<Addition>> {
  const { readable, unreadable } = await readRows(
    client,
    `/finance/agreements/${agreementId}/additions`,
    addition,
    {
      params: {
        fields:
          'id,product/id,product/identifier,quantity,lessIncluded,billCustomer,effectiveDate,cancelledDate,agreementId',
      },
      exact,
    },
  );
  const isOwn = ({ agreementId: owner }: { agreementId?: number | null }) =>
    owner == null || owner === agreementId;
  return {
    readable: readable.filter(isOwn),
    unreadable: unreadable.filter(({ row }) => isOwn(ownerOf.parse(row))),
  };
}

const number = z.number().optional().catch(undefined);
const ownerOf = z.object({ agreementId: number }).catch({ agreementId: undefined });
const productOf = z.object({ product: z.object({ id: number }) }).catch({ product: { id: undefined } });

/**
 * The one addition of the product that serves the period, or none, or why that is not clear. A cancelled one never
 * serves. One that begins after the invoice date does not serve, and nothing may be created beside it; one that begins
 * exactly when a new one would begin is the new one, created by an earlier attempt. There may be several (with different
 * prices, dates, serial numbers), and only a person knows which one is meant.
 */
export function pickAddition(
  { readable, unreadable }: ReadRows<Addition>,
  place: Omit<Place, 'additionId'>,
  where: string,
): { addition: Addition | undefined } | { reason: UnresolvedReason; message: string } {
  const strange = unreadable.find(({ row }) => {
    const { id } = productOf.parse(row).product;
    return id === undefined || id === place.productId;
  });
  if (strange) {
    return {
      reason: 'UNREADABLE',
      message: `The field "${strange.field}" of an addition cannot be read, so it is not clear which one is ${where}. Correct the addition in ConnectWise.`,
    };
  }
  const until = [place.onDate, place.nextInvoiceDate ? calendarDate(place.nextInvoiceDate) : '']
    .sort()
    .at(-1)!;
  const lasting = readable.filter(
    ({ product, cancelledDate }) =>
      product.id === place.productId && (!cancelledDate || calendarDate(cancelledDate) > until),
  );
  const created = beginning(place, '');
  const begun = lasting.filter(({ effectiveDate }) => {
    const begins = effectiveDate ? calendarDate(effectiveDate) : '';
    return begins <= place.onDate || begins === created;
  });
  const [only, ...others] = begun;
  if (others.length > 0) {
    return {
      reason: 'SEVERAL_ADDITIONS',
      message: `There are ${begun.length} ongoing additions ${where}. Cancel all but one, so that it is clear which one is billed.`,
    };
  }
  if (!only) {
    const [later] = lasting;
    if (!later) return { addition: undefined };
    return {
      reason: 'BEGINS_LATER',
      message: `The addition ${where} begins on ${calendarDate(later.effectiveDate!)}, after ${place.onDate}. Let it begin earlier, or cancel it.`,
    };
  }
  if (only.billCustomer && only.billCustomer !== 'Billable') {
    return {
      reason: 'NOT_BILLED',
      message: `The addition ${where} is set to "${only.billCustomer}", so its quantity is not billed. Set it to "Billable", or disable the level.`,
    };
  }
  return { addition: only };
}

/** Writes an absolute quantity. The outcome is what ConnectWise shows afterwards, not what was sent or answered. */
export async function setBilledQuantity(
  client: ConnectWiseClient,
  target: BillingTarget,
  quantity: string,
  period: BillingPeriod,
): Promise<QuantityOutcome> {
  const place = target.place as Place;
  if (place.additionId !== null) return change(client, place, place.additionId, target.quantity, quantity);
  // An earlier attempt may have created it although its answer was lost.
  const picked = pickAddition(await additionsOf(client, place.agreementId), place, target.description);
  if ('reason' in picked) return { state: 'REFUSED', ...picked };
  const only = picked.addition;
  if (only) return change(client, place, only.id, only.quantity ?? '0', quantity);
  if (new Big(quantity).eq(0)) {
    return {
      state: 'REFUSED',
      reason: 'NO_ADDITION',
      message: `There is no addition to set to zero: ${target.description}.`,
    };
  }
  const created = await client.post(
    `/finance/agreements/${place.agreementId}/additions`,
    addition,
    {
      product: { id: place.productId },
      quantity: exactNumber(quantity),
      billCustomer: 'Billable',
      effectiveDate: `${beginning(place, period.start)}T00:00:00Z`,
    },
    { exact },
  );
  return check(await readBack(client, place, created.id), place, null, quantity);
}

async function change(
  client: ConnectWiseClient,
  place: Place,
  additionId: number,
  before: string | null,
  quantity: string,
): Promise<QuantityOutcome> {
  if (before !== null && new Big(before).eq(quantity)) {
    return { state: 'UNCHANGED', before, after: before, recordId: String(additionId) };
  }
  try {
    const changed = await client.patch(
      `/finance/agreements/${place.agreementId}/additions/${additionId}`,
      addition,
      [{ op: 'replace', path: 'quantity', value: exactNumber(quantity) }],
      { exact },
    );
    if (changed.id !== additionId) {
      throw new PsaSurprise('ConnectWise answered with a different addition than the one that was changed.', {
        mayHaveBeenCarriedOut: true,
      });
    }
    return check(await readBack(client, place, additionId), place, before, quantity);
  } catch (error) {
    if (wasAnsweredUnclearly(error)) {
      const kept = await readBack(client, place, additionId).catch(() => undefined);
      const outcome = kept && check(kept, place, before, quantity);
      if (outcome && outcome.state !== 'REFUSED') return outcome;
    }
    if (error instanceof PsaRejected && /not found/i.test(error.message)) {
      return {
        state: 'REFUSED',
        reason: 'NO_ADDITION',
        message: `The addition ${additionId} no longer exists.`,
      };
    }
    throw error;
  }
}

/**
 * Whether ConnectWise, or a proxy before it, answered that a write failed although it may have been carried out. Reading
 * it back then keeps the quantity from before the write. Without an answer the write may still be under way.
 */
function wasAnsweredUnclearly(error: unknown): boolean {
  return error instanceof PsaError && error.mayHaveBeenCarriedOut && error.cause === undefined;
}

/**
 * The addition as ConnectWise keeps it. Its answer to a write may show a value that it does not keep. Reading by id
 * shows a record at once, while a list may show it minutes later (seen in client code).
 */
async function readBack(client: ConnectWiseClient, place: Place, id: number): Promise<Addition> {
  try {
    const path = `/finance/agreements/${place.agreementId}/additions/${id}`;
    const kept = await client.get(path, addition, { exact });
    if (kept.id === id) return kept;
    throw new PsaSurprise('ConnectWise answered with a different addition than the one that was asked for.');
  } catch (error) {
    if (!(error instanceof PsaError) || error instanceof PsaRejected) throw error;
    const Failure = error instanceof PsaSurprise ? PsaSurprise : PsaUnreachable;
    throw new Failure(`The quantity was sent and cannot be read back: ${error.message}`, {
      cause: error,
      mayHaveBeenCarriedOut: true,
    });
  }
}

/** A PATCH may answer 200 without any effect (developer guide), so only the record that was read back counts. */
function check(
  { id, product, quantity: kept }: Addition,
  place: Place,
  before: string | null,
  quantity: string,
): QuantityOutcome {
  const after = kept ?? '0';
  const equal = new Big(after).eq(quantity);
  if (product.id !== place.productId || (!equal && !isRounded(after, quantity))) {
    return {
      state: 'REFUSED',
      reason: 'NOT_APPLIED',
      message: `ConnectWise accepted ${quantity} and shows ${after} on the addition ${id}.`,
    };
  }
  return { state: equal ? 'APPLIED' : 'ROUNDED', before, after, recordId: String(id) };
}
