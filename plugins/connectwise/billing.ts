import pMap from 'p-map';
import type { BillingOptions, BillingRequest, BillingResolution, UnresolvedReason } from 'psa-bridge/plugin';
import { additionsOf, type Place, pickAddition } from './additions.js';
import { agreementsOf, dayBefore, endedWithin, isInForce, lastDay } from './agreements.js';
import type { ConnectWiseClient } from './client.js';
import { type BilledAs, billedAs, crossReferences } from './cross-references.js';
import { beginning } from './effective-date.js';
import type { Addition, Agreement } from './records.js';
import type { ReadRows } from './rows.js';

/** ConnectWise has no list of additions across agreements (OpenAPI): one request each, this many at once. */
const agreementsAtOnce = 6;

/**
 * The cross-reference of usage type and level gives agreement type and product; they give the company's one agreement in
 * force, child or not, and its one ongoing addition of the product. An agreement that ended on the last day of the
 * period takes its final month, if no other one is in force on the invoice date. Never guesses between two.
 */
export async function resolveBillingTargets(
  client: ConnectWiseClient,
  solutionName: string,
  requests: readonly BillingRequest[],
  { createMissing, onDate }: BillingOptions,
): Promise<BillingResolution[]> {
  if (requests.length === 0) return [];
  const rows = await crossReferences(client, solutionName);
  const billed = requests.map(request => ({ request, as: billedAs(rows, request) }));
  const known = billed.flatMap(({ request, as }) => ('reason' in as ? [] : [{ request, as }]));
  const { agreements, unreadable } = await agreementsOf(
    client,
    known.map(({ request }) => request.companyId),
    known.map(({ as }) => as.agreementType.id),
  );
  const byCompanyAndType = Map.groupBy(
    agreements,
    agreement => `${agreement.company.id}/${agreement.type.id}`,
  );
  const ofType = (request: BillingRequest, as: BilledAs) =>
    byCompanyAndType.get(`${request.companyId}/${as.agreementType.id}`) ?? [];
  const candidatesFor = (request: BillingRequest, as: BilledAs) => {
    const all = ofType(request, as);
    const inForce = all.filter(agreement => isInForce(agreement, onDate));
    return inForce.length > 0
      ? inForce
      : all.filter(agreement => endedWithin(agreement, dayBefore(onDate), dayBefore(onDate)));
  };
  const concerned = new Set(
    known.flatMap(({ request, as }) => {
      const [only, ...others] = candidatesFor(request, as);
      return only && others.length === 0 ? [only.id] : [];
    }),
  );
  const additions = new Map(
    await pMap(concerned, async id => [id, await additionsOf(client, id)] as const, {
      concurrency: agreementsAtOnce,
    }),
  );
  return billed.map(({ request, as }) => {
    if ('reason' in as) return { state: 'UNRESOLVED', ...as };
    const field = unreadable.get(request.companyId);
    if (field !== undefined) {
      return unresolved(
        'UNREADABLE',
        `The field "${field}" of an agreement of this company cannot be read. Correct the agreement in ConnectWise.`,
      );
    }
    const [agreement, ...others] = candidatesFor(request, as);
    if (!agreement) {
      const ended = ofType(request, as).find(other => endedWithin(other, monthBefore(onDate), onDate));
      if (ended) {
        return unresolved(
          'AGREEMENT_ENDED',
          `The agreement "${ended.name}" ended on ${lastDay(ended)}, before the period's last day, and no other one of its type is in force on ${onDate}. Bill the final usage in ConnectWise, or add an agreement.`,
        );
      }
      return unresolved(
        'NO_AGREEMENT',
        `The company has no active agreement of type "${as.agreementType.name}" on ${onDate}. Add one.`,
      );
    }
    if (others.length > 0) {
      const names = [agreement, ...others].map(({ name }) => `"${name}"`).join(', ');
      return unresolved(
        'SEVERAL_AGREEMENTS',
        `The company has ${others.length + 1} active agreements of type "${as.agreementType.name}": ${names}. Leave one active, or give one another type.`,
      );
    }
    return resolveAddition(agreement, as, additions.get(agreement.id)!, { createMissing, onDate });
  });
}

function resolveAddition(
  agreement: Agreement,
  { product }: BilledAs,
  additions: ReadRows<Addition>,
  { createMissing, onDate }: BillingOptions,
): BillingResolution {
  const where = `"${product.name}" of agreement "${agreement.name}"${agreement.company.name ? ` (${agreement.company.name})` : ''}`;
  const terms: Omit<Place, 'additionId'> = {
    agreementId: agreement.id,
    productId: Number(product.id),
    onDate,
    startDate: agreement.startDate ?? null,
    billStartDate: agreement.billStartDate ?? null,
    nextInvoiceDate: agreement.nextInvoiceDate ?? null,
    lastDay: lastDay(agreement) ?? null,
  };
  const picked = pickAddition(additions, terms, where);
  if ('reason' in picked) return { state: 'UNRESOLVED', ...picked };
  const { addition } = picked;
  if (!addition && !createMissing) {
    return unresolved(
      'NO_ADDITION',
      `There is no ongoing addition ${where}. Add one, or let missing additions be created (in the options).`,
    );
  }
  if (!addition && terms.lastDay !== null && beginning(terms, '') > terms.lastDay) {
    return unresolved(
      'AGREEMENT_ENDED',
      `There is no ongoing addition ${where}, and a new one would begin on ${beginning(terms, '')}, after the agreement's last day ${terms.lastDay}. Bill the final usage in ConnectWise.`,
    );
  }
  return {
    state: 'RESOLVED',
    target: {
      key: `agreement:${agreement.id}/product:${product.id}`,
      description: where,
      quantity: addition ? (addition.quantity ?? '0') : null,
      terms: {
        recordId: addition ? String(addition.id) : undefined,
        beginsNotBefore: addition ? undefined : beginning(terms, '') || undefined,
        billedOn: agreement.nextInvoiceDate?.slice(0, 10),
        billingCycle: agreement.billingCycle?.name ?? undefined,
        periodType: agreement.periodType ?? undefined,
        prorated: agreement.prorateFlag ?? undefined,
        lessIncluded: addition?.lessIncluded ?? undefined,
      },
      place: { ...terms, additionId: addition?.id ?? null } satisfies Place,
    },
  };
}

/** The date one month earlier, or the last day of that month. */
function monthBefore(date: string): string {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const lastOfMonth = new Date(Date.UTC(year, month - 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 2, Math.min(day, lastOfMonth))).toISOString().slice(0, 10);
}

function unresolved(reason: UnresolvedReason, message: string): BillingResolution {
  return { state: 'UNRESOLVED', reason, message };
}
