import type { EntityManager } from '@mikro-orm/postgresql';
import { ApiToken, Role } from '../../domain/access/api-token.js';
import { isUuid } from '../../text/uuid.js';
import type { Caller } from '../caller.js';
import { pageOfNewest } from '../newest-first.js';
import { type Page, pageOf } from '../pages.js';
import type { ApiTokensArgs } from './types.js';

/** A page of the tokens that the caller may revoke, newest first. */
export async function listTokens(
  em: EntityManager,
  caller: Caller,
  args: ApiTokensArgs,
): Promise<Page<ApiToken>> {
  const { partnerId } = args;
  if (partnerId != null && !isUuid(partnerId)) return pageOf([], 1, () => []);
  return pageOfNewest(
    em,
    ApiToken,
    {
      $and: [
        caller.role === Role.OPERATOR ? {} : { partner: caller.partnerId },
        partnerId == null ? {} : { partner: partnerId },
      ],
    },
    args,
  );
}
