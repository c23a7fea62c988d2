import Big from 'big.js';
import {
  type BillingPeriod,
  type BillingTarget,
  PsaRejected,
  PsaSurprise,
  type QuantityOutcome,
} from 'psa-bridge/plugin';
import { calendarDate } from './agreements.js';
import type { ConnectWiseClient } from './client.js';
import { exactNumber } from './exact-json.js';
import { type Addition, addition } from './records.js';

/** The place of a quantity: an addition, or the agreement on which one will be created. */
export interface Place {
  agreementId: number;
  productId: number;
  additionId: number | null;
  /** This and the next two decide when a new addition may begin. */
  billStartDate: string | null;
  nextInvoiceDate: string | null;
  prorated: boolean;
}

const exact = ['quantity'];

export function additionsOf(client: ConnectWiseClient, agreementId: number): Promise<Addition[]> {
  return client.getAll(`/finance/agreements/${agreementId}/additions`, addition, {
    params: { fields: 'id,product/id,product/identifier,quantity,effectiveDate,cancelledDate' },
    exact,
  });
}

/**
 * The additions of a product that count for the next invoice: begun by then, and not cancelled by then. There may be
 * several (with different prices, dates, serial numbers), and only a person knows which one is meant.
 */
export function ongoing(additions: readonly Addition[], productId: number, until: string): Addition[] {
  return additions.filter(
    ({ product, cancelledDate, effectiveDate }) =>
      product.id === productId &&
      (!cancelledDate || calendarDate(cancelledDate) > until) &&
      (!effectiveDate || calendarDate(effectiveDate) <= until),
  );
}

/** Writes an absolute quantity. The outcome is what ConnectWise answers, not what was sent. */
export async function setBilledQuantity(
  client: ConnectWiseClient,
  target: BillingTarget,
  quantity: string,
  period: BillingPeriod,
): Promise<QuantityOutcome> {
  const place = target.place as Place;
  if (place.additionId !== null) return change(client, place, place.additionId, target.quantity, quantity);
  // An earlier attempt may have created it although its answer was lost.
  const until = [beginning(place, period), place.nextInvoiceDate ?? ''].sort().at(-1)!;
  const existing = ongoing(await additionsOf(client, place.agreementId), place.productId, until);
  if (existing.length > 1) {
    return {
      state: 'REFUSED',
      reason: 'SEVERAL_ADDITIONS',
      message: `There are several ongoing additions: ${target.description}.`,
    };
  }
  const [only] = existing;
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
      effectiveDate: `${beginning(place, period)}T00:00:00Z`,
    },
    { exact },
  );
  return check(created, place, null, quantity);
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
    return check(changed, place, before, quantity);
  } catch (error) {
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

/** A PATCH may answer 200 without any effect (developer guide), so only the record in the answer counts. */
function check(
  { id, product, quantity: after = '0' }: Addition,
  place: Place,
  before: string | null,
  quantity: string,
): QuantityOutcome {
  if (product.id !== place.productId || !new Big(after ?? '0').eq(quantity)) {
    return {
      state: 'REFUSED',
      reason: 'NOT_APPLIED',
      message: `ConnectWise accepted ${quantity} and shows ${after} on the addition ${id}.`,
    };
  }
  return { state: 'APPLIED', before, after: after ?? '0', recordId: String(id) };
}

/**
 * When a new addition begins: with the period, and not before the agreement's billing start, nor in a period that is
 * already invoiced unless the agreement prorates. ConnectWise rejects both (reported by vendors).
 */
function beginning(place: Place, period: BillingPeriod): string {
  const dates = [period.start];
  if (place.billStartDate) dates.push(calendarDate(place.billStartDate));
  if (place.nextInvoiceDate && !place.prorated) dates.push(calendarDate(place.nextInvoiceDate));
  return dates.sort().at(-1)!;
}
