import type { ReasonCode } from '../domain/deliveries/reasons.js';
import { ticketReference } from '../domain/deliveries/ticket-reference.js';
import type {
  BillingPeriod,
  BillingResolution,
  BillingTarget,
  PsaAdapter,
  TicketDraft,
  TicketRecord,
  UnresolvedReason,
} from '../psa/adapter.js';
import { type ClaimedDelivery, type ClaimedQuantity, isQuantity } from './claimed-delivery.js';
import { type PageFacts, whyNotSent } from './read-page-facts.js';
import { ticketDraft } from './ticket-draft.js';

/** What an attempt of a delivery does. */
export type Step =
  | { do: 'CREATE_TICKET'; draft: TicketDraft }
  /** An earlier attempt whose answer was lost made the ticket. */
  | { do: 'RECORD_TICKET'; ticket: TicketRecord }
  | { do: 'WRITE_QUANTITY'; target: BillingTarget; quantity: string; period: BillingPeriod }
  /** The quantity has no place in the PSA. */
  | { do: 'RECORD_UNRESOLVED'; reason: UnresolvedReason; message: string }
  | { do: 'RECORD_UNSENT'; reason: ReasonCode }
  /** What had to be asked before the attempt could not be: that is the attempt's outcome. */
  | { do: 'FAIL'; error: unknown };

export interface PreparedDelivery {
  delivery: ClaimedDelivery;
  step: Step;
}

/** A place that was resolved this long ago may have changed since. */
const placeStaysFreshMs = 10 * 60 * 1000;

/**
 * Decides what each attempt of a page does. Asks the PSA what has to be known before: one call for the tickets of unsure
 * attempts, one for the places of each invoice date.
 */
export async function preparePage(
  adapter: PsaAdapter,
  page: readonly ClaimedDelivery[],
  facts: PageFacts,
  now: Date,
): Promise<PreparedDelivery[]> {
  const reasons = new Map(page.map(delivery => [delivery.id, whyNotSent(delivery, facts)]));
  const unsureTickets = page.filter(delivery => delivery.wasUnsure && !isQuantity(delivery));
  const unplaced = page
    .filter(isQuantity)
    .filter(one => !reasons.get(one.id))
    .filter(one => needsPlace(one, now));
  const [tickets, places] = await Promise.all([
    settled(() => findTickets(adapter, unsureTickets)),
    settled(() => resolvePlaces(adapter, unplaced, facts.options.createMissingAdditions)),
  ]);

  function stepOf(delivery: ClaimedDelivery): Step {
    if (unsureTickets.includes(delivery)) {
      if ('error' in tickets) return { do: 'FAIL', error: tickets.error };
      const ticket = tickets.value.get(ticketReference(delivery.id));
      if (ticket) return { do: 'RECORD_TICKET', ticket };
    }
    const reason = reasons.get(delivery.id);
    if (reason) return { do: 'RECORD_UNSENT', reason };
    if (!isQuantity(delivery)) return { do: 'CREATE_TICKET', draft: ticketDraft(delivery, facts) };
    if (!unplaced.some(({ id }) => id === delivery.id)) return writeStep(delivery, delivery.content.target);
    if ('error' in places) return { do: 'FAIL', error: places.error };
    const resolution = places.value.get(delivery.id);
    if (resolution?.state !== 'UNRESOLVED') return writeStep(delivery, resolution?.target);
    return { do: 'RECORD_UNRESOLVED', reason: resolution.reason, message: resolution.message };
  }

  return page.map(delivery => {
    try {
      return { delivery, step: stepOf(delivery) };
    } catch (error) {
      return { delivery, step: { do: 'FAIL', error } };
    }
  });
}

function writeStep({ id, content }: ClaimedQuantity, target: BillingTarget | undefined): Step {
  if (!target) return { do: 'FAIL', error: new Error(`delivery ${id} has no place to write to`) };
  const { quantity, periodStart: start, periodEnd: end } = content;
  return { do: 'WRITE_QUANTITY', target, quantity, period: { start, end } };
}

async function findTickets(
  adapter: PsaAdapter,
  unsure: readonly ClaimedDelivery[],
): Promise<Map<string, TicketRecord>> {
  if (unsure.length === 0) return new Map();
  const found = await adapter.findTickets(unsure.map(delivery => ticketReference(delivery.id)));
  // Of several with one reference the first stays ours.
  return new Map(found.reverse().map(ticket => [ticket.reference, ticket]));
}

/** A quantity at a billing level. */
type LevelQuantity = ClaimedQuantity & { content: { level: string } };

/** An old place that is set to zero is the place itself: it is never resolved again. */
function needsPlace(quantity: ClaimedQuantity, now: Date): quantity is LevelQuantity {
  const { wasUnsure, attempts, content } = quantity;
  const { target, resolvedAt, level } = content;
  if (level === null) return false;
  if (wasUnsure || attempts > 1 || !target || !resolvedAt) return true;
  return now.getTime() - new Date(resolvedAt).getTime() > placeStaysFreshMs;
}

/** Deliveries of one page can belong to different invoice dates, and places are resolved for a date. */
async function resolvePlaces(
  adapter: PsaAdapter,
  quantities: readonly LevelQuantity[],
  createMissing: boolean,
): Promise<Map<string, BillingResolution>> {
  const places = new Map<string, BillingResolution>();
  for (const [onDate, ofDate] of Map.groupBy(quantities, ({ content }) => content.invoiceDate)) {
    const requests = ofDate.map(({ content: { companyId, usageType, level } }) => ({
      companyId,
      usageType,
      level,
    }));
    const resolutions = await adapter.resolveBillingTargets(requests, { createMissing, onDate });
    ofDate.forEach(({ id }, n) => {
      places.set(id, resolutions[n]!);
    });
  }
  return places;
}

async function settled<T>(work: () => Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}
