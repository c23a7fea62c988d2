import { ticketReference } from '../domain/deliveries/ticket-reference.js';
import type { BillingResolution, PsaAdapter, TicketRecord } from '../psa/adapter.js';
import type { ClaimedDelivery } from './claim-due-deliveries.js';

/** A claimed delivery with what had to be asked before it can be attempted. */
export interface PreparedDelivery extends ClaimedDelivery {
  /** The ticket of an earlier attempt whose answer was lost. */
  found?: TicketRecord;
  /** Where a quantity goes, asked anew because the pipeline's answer is missing or old. */
  resolution?: BillingResolution;
  /** The question itself failed: that is this attempt's outcome. */
  failure?: unknown;
}

/** A place that was resolved this long ago may have changed since. */
const placeStaysFreshMs = 10 * 60 * 1000;

/** Looks up everything that a page needs before its attempts: one call for tickets, one for each kind of place. */
export async function preparePage(
  adapter: PsaAdapter,
  page: readonly ClaimedDelivery[],
  options: { createMissing: boolean; now: Date },
): Promise<PreparedDelivery[]> {
  const unsureTickets = page.filter(delivery => delivery.wasUnsure && delivery.kind !== 'USAGE');
  const unplaced = page.filter(
    delivery => delivery.kind === 'USAGE' && !delivery.notOwed && needsPlace(delivery, options.now),
  );
  const [tickets, places] = await Promise.all([
    attempt(async () => {
      if (unsureTickets.length === 0) return new Map<string, TicketRecord>();
      const found = await adapter.findTickets(unsureTickets.map(delivery => ticketReference(delivery.id)));
      // Of several with one reference the first stays ours.
      return new Map(found.reverse().map(ticket => [ticket.reference, ticket]));
    }),
    attempt(() => resolvePlaces(adapter, unplaced, options.createMissing)),
  ]);
  return page.map(delivery => {
    if (unsureTickets.includes(delivery)) {
      return 'failure' in tickets
        ? { ...delivery, failure: tickets.failure }
        : { ...delivery, found: tickets.value.get(ticketReference(delivery.id)) };
    }
    if (unplaced.includes(delivery)) {
      return 'failure' in places
        ? { ...delivery, failure: places.failure }
        : { ...delivery, resolution: places.value.get(delivery.id) };
    }
    return delivery;
  });
}

function needsPlace(delivery: ClaimedDelivery, now: Date): boolean {
  const { target, resolvedAt, level } = delivery.content;
  if (!level) return false; // an old place that is set to zero is the place itself
  return (
    delivery.wasUnsure ||
    delivery.attempts > 1 ||
    !target ||
    !resolvedAt ||
    now.getTime() - new Date(resolvedAt).getTime() > placeStaysFreshMs
  );
}

/** Deliveries of one page can belong to different invoice dates, and places are resolved for a date. */
async function resolvePlaces(
  adapter: PsaAdapter,
  deliveries: readonly ClaimedDelivery[],
  createMissing: boolean,
): Promise<Map<string, BillingResolution>> {
  const places = new Map<string, BillingResolution>();
  for (const [onDate, ofDate] of Map.groupBy(deliveries, delivery => delivery.content.invoiceDate!)) {
    const requests = ofDate.map(({ content }) => ({
      companyId: content.companyId!,
      usageType: content.usageType!,
      level: content.level!,
    }));
    const resolutions = await adapter.resolveBillingTargets(requests, { createMissing, onDate });
    ofDate.forEach((delivery, n) => {
      places.set(delivery.id, resolutions[n]!);
    });
  }
  return places;
}

async function attempt<T>(work: () => Promise<T>): Promise<{ value: T } | { failure: unknown }> {
  try {
    return { value: await work() };
  } catch (failure) {
    return { failure };
  }
}
