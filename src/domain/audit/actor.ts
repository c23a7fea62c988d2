import type { EntityManager } from '@mikro-orm/postgresql';
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

/** Makes the database record everything that is changed through `em` from now on as done by this actor. */
export function actAs(em: EntityManager, actor: Actor): void {
  em.setSessionContext({ variables: { 'psa_bridge.actor': JSON.stringify(actor) } });
}
