import { eventBody } from '../domain/backups/event-ticket.js';
import { ticketReference } from '../domain/deliveries/ticket-reference.js';
import type { ChosenRecord } from '../domain/integrations/integration.js';
import type { TicketDraft } from '../psa/adapter.js';
import type { ClaimedDelivery } from './claim-due-deliveries.js';

/** What the partner chose for its tickets. */
export interface TicketOptions {
  timeZone: string;
  serviceBoard?: ChosenRecord | null;
  serviceType?: ChosenRecord | null;
  serviceSubtype?: ChosenRecord | null;
  prioritySuccess?: ChosenRecord | null;
  priorityWarning?: ChosenRecord | null;
  priorityError?: ChosenRecord | null;
}

/** The ticket that a delivery owes. */
export function ticketDraft(delivery: ClaimedDelivery, options: TicketOptions): TicketDraft {
  const companyId = delivery.content.companyId ?? delivery.companyId;
  if (!companyId) throw new Error(`delivery ${delivery.id} has no company`);
  const result = delivery.job?.status ?? delivery.content.worst;
  return {
    reference: ticketReference(delivery.id),
    summary: delivery.summary,
    body: delivery.job
      ? eventBody(delivery.job, delivery.organization ?? '', options.timeZone, delivery.leftOut ?? undefined)
      : (delivery.content.body ?? ''),
    companyId,
    boardId: options.serviceBoard?.id,
    typeId: options.serviceType?.id,
    subtypeId: options.serviceSubtype?.id,
    priorityId: result && priorityFor(result, options)?.id,
  };
}

function priorityFor(result: 'SUCCESS' | 'WARNING' | 'ERROR', options: TicketOptions) {
  return { SUCCESS: options.prioritySuccess, WARNING: options.priorityWarning, ERROR: options.priorityError }[
    result
  ];
}
