import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../../db/sql.js';
import type { ActorKind } from './audit-entry.js';

/** Who does something, and from where. */
export interface Actor {
  kind: ActorKind;
  id: string;
  name: string;
  role: string;
  partnerId: string | null;
  address: string | null;
  requestId: string | null;
}

/** Has the database write down what is done through `em` from now on as done by this actor. */
export function actAs(em: EntityManager, actor: Actor): void {
  em.setSessionContext({ variables: { 'psa_bridge.actor': JSON.stringify(actor) } });
}

export interface Deed {
  action: 'deliveries.retried' | 'test_ticket.sent';
  integrationId: string;
  after: Record<string, unknown>;
}

/**
 * Writes down what no change of a setting shows, in `em`'s transaction. Answers the entry's id; null where nobody
 * acts, as in a worker.
 */
export async function writeDown(em: EntityManager, deed: Deed): Promise<string | null> {
  const [row] = await query<{ id: string | null }>(em, 'select audit_deed($1, $2, $3) as id', [
    deed.action,
    deed.integrationId,
    JSON.stringify(deed.after),
  ]);
  return row!.id;
}

/**
 * Writes down that somebody signed in, or was refused with a token that was good once: once a day for each address
 * that they come from.
 */
export async function writeDownSignIn(
  em: EntityManager,
  action: 'signed_in' | 'sign_in.refused',
  actor: Actor,
): Promise<void> {
  await query(em, 'select audit_sign_in($1, $2)', [action, JSON.stringify(actor)]);
}
