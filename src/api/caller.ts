import type { Role } from '../domain/access/api-token.js';
import type { Actor } from '../domain/audit/actor.js';
import type { ActorKind } from '../domain/audit/audit-entry.js';

/** The authenticated sender of a request, as its token or the identity provider says. */
export interface Caller {
  kind: ActorKind;
  /** The API token's id, or the identity provider's subject. */
  id: string;
  name: string;
  role: Role;
  /** Set for PARTNER only: everything this caller reads and changes belongs to this partner. */
  partnerId: string | null;
  expiresAt: Date | null;
}

/** Equal for all requests of one token or person, and different for any other. */
export function keyOf({ kind, id }: Caller): string {
  return `${kind} ${id}`;
}

/** The origin of a request. */
export interface Origin {
  address: string | null;
  requestId: string | null;
}

/** The caller as the audit log names it. */
export function actorOf(caller: Caller, origin: Origin): Actor {
  const { kind, id, name, role, partnerId } = caller;
  return { kind, id, name, role, partnerId, ...origin };
}
