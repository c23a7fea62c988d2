import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type ApiToken, Role } from '../../domain/access/api-token.js';
import type { Partner } from '../../domain/partners/partner.js';
import { callerOf, ForPortals } from '../access.js';
import type { ApiContext } from '../context.js';
import { type Page, pageCost } from '../pages.js';
import { PartnerType } from '../partners/types.js';
import { DateTimeScalar } from '../scalars/scalars.js';
import { notFound } from '../user-error.js';
import { createToken } from './create-token.js';
import { listTokens } from './list-tokens.js';
import { revokeToken } from './revoke-token.js';
import {
  ApiTokenConnection,
  ApiTokensArgs,
  ApiTokenType,
  CreateApiTokenPayload,
  RevokeApiTokenPayload,
} from './types.js';

@Resolver(() => ApiTokenType)
export class TokenResolver {
  @ForPortals()
  @Query(() => ApiTokenConnection, {
    description: 'The tokens that you may revoke, newest first, with when each was last used.',
    complexity: pageCost,
  })
  apiTokens(@Args() args: ApiTokensArgs, @Ctx() context: ApiContext): Promise<Page<ApiToken>> {
    return listTokens(context.em, callerOf(context), args);
  }

  @FieldResolver(() => PartnerType, {
    nullable: true,
    description: 'The partner that it belongs to, for the role PARTNER.',
  })
  partner(@Root() token: ApiToken, @Ctx() { loaders }: ApiContext): Promise<Partner> | null {
    return token.partner ? loaders.partner.load(token.partner.id) : null;
  }

  @ForPortals()
  @Mutation(() => CreateApiTokenPayload, {
    description:
      'Creates an API token. OPERATOR may create any; PARTNER only tokens of the role PARTNER for itself. userErrors: `INVALID` (`name`; `expiresAt`: not an instant, or in the past; `partnerId`: given for a role without a partner), `REQUIRED` (`partnerId`: missing for the role PARTNER), `NOT_FOUND` (`partnerId`), `FORBIDDEN` (`role`: you may not grant it).',
  })
  async createApiToken(
    @Arg('name', () => String, { description: 'For people: who uses it, and what for.' }) name: string,
    @Arg('role', () => Role, { description: 'What it may do.' }) role: Role,
    @Arg('partnerId', () => ID, {
      nullable: true,
      description: 'For the role PARTNER: the partner that it belongs to. Absent: your own.',
    })
    partnerId: string | null | undefined,
    @Arg('expiresAt', () => DateTimeScalar, { nullable: true, description: 'Absent: it does not expire.' })
    expiresAt: string | null | undefined,
    @Ctx() context: ApiContext,
  ): Promise<CreateApiTokenPayload> {
    const wanted = { name, role, partnerId, expiresAt };
    const created = await createToken(context.em, callerOf(context), wanted, context.app.now());
    return { id: null, token: null, userErrors: [], ...created };
  }

  @ForPortals()
  @Mutation(() => RevokeApiTokenPayload, {
    description:
      'Revokes a token at once; subscriptions opened with it are closed. PARTNER may revoke the tokens of its own partner. userErrors: `NOT_FOUND`.',
  })
  async revokeApiToken(
    @Arg('id', () => ID) id: string,
    @Ctx() context: ApiContext,
  ): Promise<RevokeApiTokenPayload> {
    const revoked = await revokeToken(context.em, callerOf(context), id, context.app.now());
    return revoked
      ? { revokedId: id, userErrors: [] }
      : { revokedId: null, userErrors: [notFound('id', 'token')] };
  }
}
