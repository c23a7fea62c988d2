import type { EntityManager } from '@mikro-orm/postgresql';
import { notifyProcesses } from '../../db/changes.js';
import { ApiToken, Role } from '../../domain/access/api-token.js';
import { isUuid } from '../../text/uuid.js';
import type { Caller } from '../caller.js';

/**
 * Revokes a token at once, in every process, and closes the live connections that were opened with it. False: the caller
 * may revoke no token with this id. Revoking again changes nothing.
 */
export async function revokeToken(
  em: EntityManager,
  caller: Caller,
  id: string,
  now: Date,
): Promise<boolean> {
  if (!isUuid(id)) return false;
  return em.transactional(async tx => {
    const token = await tx.findOne(ApiToken, {
      id,
      ...(caller.role !== Role.OPERATOR && { partner: caller.partnerId }),
    });
    if (!token) return false;
    token.revokedAt ??= now;
    await tx.flush();
    await notifyProcesses(tx, { kind: 'token_revoked', tokenId: token.id });
    return true;
  });
}
