import pMap from 'p-map';
import type { BillingOptions, BillingRequest, BillingResolution, UnresolvedReason } from 'psa-bridge/plugin';
import { additionsOf, ongoing, type Place } from './additions.js';
import { agreementsInForce, calendarDate } from './agreements.js';
import type { ConnectWiseClient } from './client.js';
import { type BilledAs, billedAs, crossReferences } from './cross-references.js';
import type { Addition, Agreement } from './records.js';

/** ConnectWise has no list of additions across agreements (OpenAPI): one request each, this many at once. */
const agreementsAtOnce = 6;

/**
 * The cross-reference of usage type and level gives agreement type and product; they give the company's one agreement in
 * force, and its one ongoing addition of the product. Never guesses between two.
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
  const agreements = await agreementsInForce(
    client,
    known.map(({ request }) => request.companyId),
    known.map(({ as }) => as.agreementType.id),
    onDate,
  );
  const byCompanyAndType = Map.groupBy(
    agreements,
    agreement => `${agreement.company.id}/${agreement.type.id}`,
  );
  const candidatesFor = (request: BillingRequest, as: BilledAs) =>
    byCompanyAndType.get(`${request.companyId}/${as.agreementType.id}`) ?? [];
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
    const [agreement, ...others] = candidatesFor(request, as);
    if (!agreement) {
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
  additions: readonly Addition[],
  { createMissing, onDate }: BillingOptions,
): BillingResolution {
  const until = [onDate, agreement.nextInvoiceDate ? calendarDate(agreement.nextInvoiceDate) : '']
    .sort()
    .at(-1)!;
  const [addition, ...others] = ongoing(additions, Number(product.id), until);
  const where = `"${product.name}" of agreement "${agreement.name}"${agreement.company.name ? ` (${agreement.company.name})` : ''}`;
  if (others.length > 0) {
    return unresolved(
      'SEVERAL_ADDITIONS',
      `There are ${others.length + 1} ongoing additions ${where}. Cancel all but one, so that it is clear which one is billed.`,
    );
  }
  if (!addition && !createMissing) {
    return unresolved(
      'NO_ADDITION',
      `There is no ongoing addition ${where}. Add one, or let missing additions be created (in the options).`,
    );
  }
  const place: Place = {
    agreementId: agreement.id,
    productId: Number(product.id),
    additionId: addition?.id ?? null,
    billStartDate: agreement.billStartDate ?? null,
    nextInvoiceDate: agreement.nextInvoiceDate ?? null,
    prorated: agreement.prorateFlag ?? false,
  };
  return {
    state: 'RESOLVED',
    target: {
      key: `agreement:${agreement.id}/product:${product.id}`,
      description: where,
      quantity: addition ? (addition.quantity ?? '0') : null,
      place,
    },
  };
}

function unresolved(reason: UnresolvedReason, message: string): BillingResolution {
  return { state: 'UNRESOLVED', reason, message };
}
