import type { EntityManager } from '@mikro-orm/postgresql';
import { ApiToken, Role } from '../../domain/access/api-token.js';
import { readInstant } from '../../domain/calendar.js';
import { Partner } from '../../domain/partners/partner.js';
import { storableText } from '../../text/storable-text.js';
import { isUuid } from '../../text/uuid.js';
import { mayReach } from '../access.js';
import type { Caller } from '../caller.js';
import { hashToken, newToken } from '../sign-in/token-authenticator.js';
import { notFound, type UserError, userError } from '../user-error.js';

export interface WantedToken {
  name: string;
  role: Role;
  partnerId?: string | null;
  /** RFC 3339. */
  expiresAt?: string | null;
}

/** Creates a token. A partner can only create tokens for itself. */
export async function createToken(
  em: EntityManager,
  caller: Caller,
  wanted: WantedToken,
  now: Date,
): Promise<{ id: string; token: string } | { userErrors: UserError[] }> {
  const userErrors: UserError[] = [];
  const name = storableText(wanted.name).trim();
  if (name === '' || name.length > 200) {
    userErrors.push(userError(['name'], 'INVALID', 'Give it a name of 1 to 200 characters.'));
  }
  if (caller.role !== Role.OPERATOR && wanted.role !== Role.PARTNER) {
    userErrors.push(
      userError(['role'], 'FORBIDDEN', 'Your token can only create tokens of the role PARTNER.'),
    );
  }
  const partnerId = wanted.partnerId ?? caller.partnerId;
  if (wanted.role !== Role.PARTNER) {
    if (wanted.partnerId != null) {
      const message = `A token of the role ${wanted.role} belongs to no partner; omit partnerId.`;
      userErrors.push(userError(['partnerId'], 'INVALID', message));
    }
  } else if (partnerId == null) {
    userErrors.push(userError(['partnerId'], 'REQUIRED', 'Name the partner that the token is for.'));
  } else if (!isUuid(partnerId) || !mayReach(caller, partnerId) || !(await em.findOne(Partner, partnerId))) {
    userErrors.push(notFound('partnerId', 'partner'));
  }
  const expiresAt = wanted.expiresAt == null ? null : readInstant(wanted.expiresAt);
  if (expiresAt === undefined) {
    const message = 'This is not a date and time with offset such as 2027-01-01T00:00:00Z.';
    userErrors.push(userError(['expiresAt'], 'INVALID', message));
  } else if (expiresAt !== null && expiresAt <= now) {
    userErrors.push(userError(['expiresAt'], 'INVALID', 'This is in the past.'));
  }
  if (userErrors.length > 0) return { userErrors };

  const token = newToken();
  const row = em.create(ApiToken, {
    name,
    role: wanted.role,
    partner: wanted.role === Role.PARTNER ? partnerId : null,
    hash: hashToken(token),
    expiresAt,
    createdAt: now,
  });
  await em.flush();
  return { id: row.id, token };
}
