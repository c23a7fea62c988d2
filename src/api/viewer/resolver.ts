import { Ctx, Field, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import { Role } from '../../domain/access/api-token.js';
import type { Partner } from '../../domain/partners/partner.js';
import { callerOf, ForEveryRole } from '../access.js';
import type { ApiContext } from '../context.js';
import { PartnerType } from '../partners/types.js';

registerEnumType(Role, {
  name: 'Role',
  description: 'What a token may do.',
  valuesConfig: {
    OPERATOR: { description: 'The vendor’s staff: every partner, everything.' },
    PARTNER: { description: 'One partner’s own integrations, organizations and history.' },
    SOURCE: {
      description:
        'The vendor’s backup platform: writes partners, organizations, usage and job results; reads nothing.',
    },
  },
});

@ObjectType({ description: 'The caller, as its token says.' })
export class Viewer {
  @Field(() => Role, { description: 'What the caller may do.' })
  role!: Role;

  @Field(() => PartnerType, { nullable: true, description: 'Set for the role PARTNER only.' })
  partner?: Partner | null;

  @Field(() => String, { description: 'The name of the token, or of the person.' })
  tokenName!: string;
}

@Resolver()
export class ViewerResolver {
  @ForEveryRole()
  @Query(() => Viewer, { description: 'The caller. Use it to try a token.' })
  async viewer(@Ctx() context: ApiContext): Promise<Viewer> {
    const { role, name, partnerId } = callerOf(context);
    return {
      role,
      tokenName: name,
      partner: partnerId ? await context.loaders.partner.load(partnerId) : null,
    };
  }
}
