import { Ctx, Field, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import { Role } from '../../domain/access/api-token.js';
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
        'The vendor’s backup platform: writes partners, organizations, usage and job results; reads nothing else.',
    },
  },
});

@ObjectType({ description: 'Who the token says you are.' })
export class Viewer {
  @Field(() => Role, { description: 'What you may do.' })
  role!: Role;

  @Field(() => PartnerType, { nullable: true, description: 'Set for the role PARTNER only.' })
  partner?: object | null;

  @Field(() => String, { description: 'The name that the token was created with, or the person’s.' })
  tokenName!: string;
}

@Resolver()
export class ViewerResolver {
  @ForEveryRole()
  @Query(() => Viewer, { description: 'Who is asking. Good for a first try of a token.' })
  async viewer(@Ctx() context: ApiContext): Promise<Viewer> {
    const { role, name, partnerId } = callerOf(context);
    return {
      role,
      tokenName: name,
      partner: partnerId ? await context.loaders.partner.load(partnerId) : null,
    };
  }
}
