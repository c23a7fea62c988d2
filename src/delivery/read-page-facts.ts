import type { EntityManager } from '@mikro-orm/postgresql';
import { run } from '../db/sql.js';
import { type DeliveryFacts, whyNotDelivered } from '../domain/deliveries/delivery-policy.js';
import type { ReasonCode } from '../domain/deliveries/reasons.js';
import { rowsOf } from '../domain/tables.js';
import type { ClaimedDelivery } from './claimed-delivery.js';
import type { DeliveryOptions } from './delivery-options.js';
import { type CatchUpFacts, type JobResult, readCatchUp, readJobResults } from './read-event-facts.sql.js';
import { readUsageFacts, type UsageFacts } from './read-usage-facts.sql.js';

/** Who a ticket is about, and where the mapping sends it now. */
export interface TicketCustomer {
  organization: string;
  /** Null: the organization is not mapped. */
  companyId: string | null;
}

/** What the database knows about the deliveries of a page, by delivery or organization. */
export interface PageFacts {
  options: DeliveryOptions;
  customers: ReadonlyMap<string, TicketCustomer>;
  jobResults: ReadonlyMap<string, JobResult>;
  catchUps: ReadonlyMap<string, CatchUpFacts>;
  usage: ReadonlyMap<string, UsageFacts>;
}

/** Results that waited this long came while the PSA could not be reached. */
const longWaitMs = 3_600_000;

/** Reads everything that decides about a page's deliveries: a statement for each kind of fact that the page needs. */
export async function readPageFacts(
  em: EntityManager,
  integrationId: string,
  page: readonly ClaimedDelivery[],
  options: DeliveryOptions,
  now: Date,
): Promise<PageFacts> {
  const idsOf = (kind: ClaimedDelivery['kind']) => page.filter(one => one.kind === kind).map(({ id }) => id);
  const organizations = [...new Set(page.flatMap(({ organizationId }) => organizationId ?? []))];
  const longWait = new Date(now.getTime() - longWaitMs);
  const waitedLong =
    options.catchUp === 'ALL'
      ? []
      : page.filter(one => one.kind === 'EVENT' && new Date(one.createdAt) <= longWait).map(({ id }) => id);
  const [customers, jobResults, catchUps, usage] = await Promise.all([
    readCustomers(em, integrationId, organizations),
    about(idsOf('EVENT'), ids => run(em, readJobResults, [ids])),
    about(waitedLong, ids => run(em, readCatchUp, [ids, longWait])),
    about(idsOf('USAGE'), ids => run(em, readUsageFacts, [ids])),
  ]);
  return { options, customers, jobResults, catchUps, usage };
}

async function about<Facts extends { deliveryId: string }>(
  ids: readonly string[],
  read: (ids: readonly string[]) => Promise<Facts[]>,
): Promise<Map<string, Facts>> {
  if (ids.length === 0) return new Map();
  return new Map((await read(ids)).map(facts => [facts.deliveryId, facts]));
}

async function readCustomers(
  em: EntityManager,
  integrationId: string,
  organizationIds: readonly string[],
): Promise<Map<string, TicketCustomer>> {
  if (organizationIds.length === 0) return new Map();
  const rows = await rowsOf(em, tables =>
    tables
      .selectFrom('organization')
      .leftJoin('mapping', join =>
        join
          .onRef('mapping.organization_id', '=', 'organization.id')
          .on('mapping.integration_id', '=', integrationId),
      )
      .where('organization.id', 'in', organizationIds)
      .select(['organization.id', 'organization.name as organization', 'company_id as companyId']),
  );
  return new Map(rows.map(({ id, ...customer }) => [id, customer]));
}

/** Why a claimed delivery is not sent, as its facts are now; null where it is. */
export function whyNotSent(delivery: ClaimedDelivery, facts: PageFacts): ReasonCode | null {
  return whyNotDelivered(policyFacts(delivery, facts));
}

function policyFacts(delivery: ClaimedDelivery, facts: PageFacts): DeliveryFacts {
  const { options } = facts;
  const mapped = facts.customers.get(delivery.organizationId ?? '')?.companyId != null;
  const hasServiceBoard = options.serviceBoard !== null;
  switch (delivery.kind) {
    case 'EVENT': {
      const { status } = factsOf(facts.jobResults, delivery);
      return {
        kind: 'EVENT',
        mapped,
        hasServiceBoard,
        hasPriority: options.priorities[status] !== null,
        superseded: facts.catchUps.get(delivery.id)?.superseded ?? false,
      };
    }
    case 'DIGEST':
      return {
        kind: 'DIGEST',
        mapped,
        hasServiceBoard,
        digestEnabled: options.dailyDigestEnabled,
        anythingReported: true,
      };
    case 'USAGE': {
      const { outdated, remapped } = factsOf(facts.usage, delivery);
      const { billingEnabled, updateAgreementAdditions } = options;
      return { kind: 'USAGE', billingEnabled, updateAgreementAdditions, outdated, remapped };
    }
    case 'TEST':
      return { kind: 'TEST' };
  }
}

/** The facts of one delivery of the page. Throws where they are missing: a quantity is not written on a guess. */
export function factsOf<Facts>(facts: ReadonlyMap<string, Facts>, { id }: { id: string }): Facts {
  const found = facts.get(id);
  if (found === undefined) throw new Error(`the facts of delivery ${id} are missing`);
  return found;
}
