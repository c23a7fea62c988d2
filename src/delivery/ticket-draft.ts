import { type TicketText, writeEventTicket } from '../domain/backups/event-ticket.js';
import { ticketReference } from '../domain/deliveries/ticket-reference.js';
import type { TicketDraft } from '../psa/adapter.js';
import type { ClaimedTicket } from './claimed-delivery.js';
import { factsOf, type PageFacts } from './read-page-facts.js';

/**
 * The ticket that a delivery writes: its text, the company that the organization is mapped to now, and where and with
 * which priority the partner wants it. Throws where there is no company; an unmapped delivery is not sent.
 */
export function ticketDraft(delivery: ClaimedTicket, facts: PageFacts): TicketDraft {
  const { serviceBoard, serviceType, serviceSubtype, priorities } = facts.options;
  const result = resultOf(delivery, facts);
  return {
    reference: ticketReference(delivery.id),
    ...textOf(delivery, facts),
    companyId: companyOf(delivery, facts),
    boardId: serviceBoard?.id,
    typeId: serviceType?.id,
    subtypeId: serviceSubtype?.id,
    priorityId: result && priorities[result]?.id,
  };
}

function textOf(delivery: ClaimedTicket, facts: PageFacts): TicketText {
  if (delivery.kind !== 'EVENT') return { summary: delivery.summary, body: delivery.content.body };
  const { organization } = factsOf(facts.customers, { id: delivery.organizationId ?? '' });
  const catchUp = facts.options.catchUp === 'LAST_WITH_COUNT' ? facts.catchUps.get(delivery.id) : undefined;
  const leftOut = catchUp && catchUp.failed + catchUp.warned + catchUp.succeeded > 0 ? catchUp : undefined;
  return writeEventTicket(factsOf(facts.jobResults, delivery), organization, facts.options.timeZone, leftOut);
}

function companyOf(delivery: ClaimedTicket, facts: PageFacts): string {
  if (delivery.kind === 'TEST') return delivery.content.companyId;
  const companyId = facts.customers.get(delivery.organizationId ?? '')?.companyId;
  if (companyId == null) throw new Error(`delivery ${delivery.id} has no company`);
  return companyId;
}

/** What decides the priority; a test ticket gets the PSA's default. */
function resultOf(delivery: ClaimedTicket, facts: PageFacts) {
  switch (delivery.kind) {
    case 'EVENT':
      return factsOf(facts.jobResults, delivery).status;
    case 'DIGEST':
      return delivery.content.worst;
    case 'TEST':
      return undefined;
  }
}
