import { type AuthCheckerFn, Authorized } from 'type-graphql';
import { Role } from '../domain/access/api-token.js';
import { Integration } from '../domain/integrations/integration.js';
import { Partner } from '../domain/partners/partner.js';
import { isUuid } from '../text/uuid.js';
import type { Caller } from './caller.js';
import type { ApiContext } from './context.js';
import { forbidden, unauthenticated } from './errors.js';

/** Each root field declares the roles that may use it by one of these decorators. */
export const ForEveryRole = () => Authorized([Role.OPERATOR, Role.PARTNER, Role.SOURCE]);
export const ForPortals = () => Authorized([Role.OPERATOR, Role.PARTNER]);
export const ForBackupPlatforms = () => Authorized([Role.OPERATOR, Role.SOURCE]);

/** Accepts a caller with one of the field's roles; a field that declares no role rejects every caller. */
export const checkRole: AuthCheckerFn<ApiContext, Role> = ({ context, info }, roles) => {
  if (!context.caller) throw unauthenticated();
  if (!roles.includes(context.caller.role)) {
    throw forbidden(`A token with the role ${context.caller.role} may not use ${info.fieldName}.`);
  }
  return true;
};

/** Whether the caller may see this partner's data. */
export function mayReach(caller: Caller, partnerId: string): boolean {
  return caller.role === Role.OPERATOR || caller.partnerId === partnerId;
}

export function callerOf(context: ApiContext): Caller {
  if (!context.caller) throw unauthenticated();
  return context.caller;
}

/** The partner, if the caller may see it. */
export async function findPartner(context: ApiContext, id: string): Promise<Partner | null> {
  if (!isUuid(id) || !mayReach(callerOf(context), id)) return null;
  return context.em.findOne(Partner, { id });
}

/** The integration, if it is connected and the caller may see it. */
export async function findIntegration(context: ApiContext, id: string): Promise<Integration | null> {
  if (!isUuid(id)) return null;
  const integration = await context.em.findOne(Integration, { id, disconnectedAt: null });
  return integration && mayReach(callerOf(context), integration.partner.id) ? integration : null;
}
