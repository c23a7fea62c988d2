import { reasons } from '../domain/deliveries/reasons.js';
import type { PsaAdapter, TicketRecord } from '../psa/adapter.js';
import type { PreparedDelivery } from './prepare-page.js';
import type { Outcome } from './record-outcomes.js';
import { type TicketOptions, ticketDraft } from './ticket-draft.js';

/** Makes one attempt and says what became of it. Throws what the adapter throws. */
export async function attemptDelivery(
  adapter: PsaAdapter,
  delivery: PreparedDelivery,
  options: TicketOptions,
): Promise<Outcome> {
  if (delivery.found) return deliveredTicket(delivery.id, delivery.found);
  if (delivery.failure) throw delivery.failure;
  if (delivery.notOwed) {
    const { id, notOwed, wasUnsure: unsure } = delivery;
    const state = notOwed === 'REMAPPED' ? 'FAILED' : 'SKIPPED';
    return { id, state, unsure, reasonCode: notOwed, error: reasons[notOwed] };
  }
  return delivery.kind === 'USAGE'
    ? writeQuantity(adapter, delivery)
    : deliveredTicket(delivery.id, await adapter.createTicket(ticketDraft(delivery, options)));
}

function deliveredTicket(id: string, ticket: TicketRecord): Outcome {
  return { id, state: 'DELIVERED', psaRecordId: ticket.id, psaRecordUrl: ticket.url };
}

async function writeQuantity(adapter: PsaAdapter, delivery: PreparedDelivery): Promise<Outcome> {
  const { id, content } = delivery;
  if (delivery.resolution?.state === 'UNRESOLVED') {
    const { reason, message } = delivery.resolution;
    return {
      id,
      state: reason === 'LEVEL_DISABLED' ? 'SKIPPED' : 'FAILED',
      reasonCode: reason,
      error: message,
    };
  }
  const target = delivery.resolution?.target ?? content.target;
  if (!target) throw new Error(`delivery ${id} has no place to write to`);
  const outcome = await adapter.setBilledQuantity(target, content.quantity!, {
    start: content.periodStart!,
    end: content.periodEnd!,
  });
  if (outcome.state === 'REFUSED') {
    return { id, state: 'FAILED', reasonCode: outcome.reason, error: outcome.message, targetKey: target.key };
  }
  return {
    id,
    state: 'DELIVERED',
    targetKey: target.key,
    quantityBefore: outcome.before,
    quantityAfter: outcome.after,
    psaRecordId: outcome.recordId,
    psaRecordUrl: outcome.url,
  };
}
