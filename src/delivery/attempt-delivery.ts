import { stateOfUnsent } from '../domain/deliveries/delivery-policy.js';
import { reasons } from '../domain/deliveries/reasons.js';
import type { PsaAdapter, TicketRecord } from '../psa/adapter.js';
import type { Outcome } from './outcome.js';
import type { PreparedDelivery, Step } from './prepare-page.js';

/** Makes one attempt and returns its outcome. Throws what the adapter throws. */
export async function attemptDelivery(
  adapter: PsaAdapter,
  { delivery, step }: PreparedDelivery,
): Promise<Outcome> {
  const { id, wasUnsure: unsure } = delivery;
  switch (step.do) {
    case 'CREATE_TICKET':
      return deliveredTicket(id, await adapter.createTicket(step.draft));
    case 'RECORD_TICKET':
      return deliveredTicket(id, step.ticket);
    case 'WRITE_QUANTITY':
      return writeQuantity(adapter, id, step);
    case 'RECORD_UNRESOLVED': {
      const { reason, message } = step;
      // A level that the partner disabled is a decision; every other reason is something to fix.
      const state = reason === 'LEVEL_DISABLED' ? 'SKIPPED' : 'FAILED';
      return { id, state, reasonCode: reason, error: message };
    }
    case 'RECORD_UNSENT': {
      const { reason } = step;
      return { id, state: stateOfUnsent(reason), unsure, reasonCode: reason, error: reasons[reason] };
    }
    case 'FAIL':
      throw step.error;
  }
}

function deliveredTicket(id: string, ticket: TicketRecord): Outcome {
  return { id, state: 'DELIVERED', psaRecordId: ticket.id, psaRecordUrl: ticket.url };
}

async function writeQuantity(
  adapter: PsaAdapter,
  id: string,
  { target, quantity, period }: Extract<Step, { do: 'WRITE_QUANTITY' }>,
): Promise<Outcome> {
  const outcome = await adapter.setBilledQuantity(target, quantity, period);
  if (outcome.state === 'REFUSED') {
    return { id, state: 'FAILED', reasonCode: outcome.reason, error: outcome.message, target };
  }
  return {
    id,
    state: 'DELIVERED',
    target,
    quantityBefore: outcome.before,
    quantityAfter: outcome.after,
    psaRecordId: outcome.recordId,
    psaRecordUrl: outcome.url,
  };
}
