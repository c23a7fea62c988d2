import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { Integration } from '../../domain/integrations/integration.js';
import { Organization } from '../../domain/partners/organization.js';
import { Partner } from '../../domain/partners/partner.js';
import { callerOf, ForPortals, findPartner } from '../access.js';
import type { ApiContext } from '../context.js';
import { IntegrationType } from '../integrations/types.js';
import { type CountedPage, pageCost } from '../pages.js';
import { pageByName } from './page-by-name.js';
import { OrganizationConnection, PartnerConnection, PartnerType, SearchArgs } from './types.js';

@Resolver(() => PartnerType)
export class PartnerResolver {
  @ForPortals()
  @Query(() => PartnerType, {
    nullable: true,
    description: 'Null where no partner that you may see has this id.',
  })
  partner(@Arg('id', () => ID) id: string, @Ctx() context: ApiContext): Promise<Partner | null> {
    return findPartner(context, id);
  }

  @ForPortals()
  @Query(() => PartnerConnection, {
    description: 'The partners that you may see, by name. For the role PARTNER that is its own.',
    complexity: pageCost,
  })
  partners(@Args() args: SearchArgs, @Ctx() context: ApiContext): Promise<CountedPage<Partner>> {
    const { partnerId } = callerOf(context);
    return pageByName(context.em, Partner, partnerId ? { id: partnerId } : {}, args);
  }

  @FieldResolver(() => OrganizationConnection, {
    description: 'Its organizations, by name.',
    complexity: pageCost,
  })
  organizations(
    @Root() partner: Partner,
    @Args() args: SearchArgs,
    @Ctx() { em }: ApiContext,
  ): Promise<CountedPage<Organization>> {
    return pageByName(em, Organization, { partner: partner.id }, args);
  }

  @FieldResolver(() => [IntegrationType], {
    description: 'Its connected PSAs.',
    complexity: ({ childComplexity }) => 1 + 2 * childComplexity,
  })
  integrations(@Root() partner: Partner, @Ctx() { loaders }: ApiContext): Promise<Integration[]> {
    return loaders.integrationsOfPartner.load(partner.id);
  }
}
