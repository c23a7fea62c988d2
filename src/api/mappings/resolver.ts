import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';
import { Integration } from '../../domain/integrations/integration.js';
import { setMappings } from '../../integrations/set-mappings.js';
import type { PsaCompany as PsaCompanyNode } from '../../psa/adapter.js';
import { ForPortals, findIntegration } from '../access.js';
import type { ApiContext } from '../context.js';
import { IntegrationType } from '../integrations/types.js';
import { atMostRows } from '../limits.js';
import { type CountedPage, pageCost } from '../pages.js';
import { PsaCompany } from '../psa/types.js';
import { notFound } from '../user-error.js';
import { type MappingNode, mappingsOf, readMappings } from './read-mappings.js';
import { MappingConnection, MappingInput, MappingsArgs, MappingType, SetMappingsPayload } from './types.js';

@Resolver(() => MappingType)
export class MappingResolver {
  @FieldResolver(() => PsaCompany, {
    nullable: true,
    description:
      'For an organization that is not mapped: the company of the same name, if there is exactly one. Null while the PSA does not answer.',
  })
  suggestion(@Root() mapping: MappingNode): Promise<PsaCompanyNode | null> {
    return mapping.suggest();
  }

  @ForPortals()
  @Mutation(() => SetMappingsPayload, {
    description:
      'Sets the company of each organization and the level that its usage is billed on. Several organizations may be one company. All or nothing; up to 10,000 rows. userErrors: `NOT_FOUND` (`integrationId`; `organizationId`: not one of the partner; `companyId`: no active company in the PSA; `billingLevel`: no active level in the PSA, while billing is on), `DUPLICATE` (an organization twice in the list), `INVALID` (an empty level). Fields are `["mappings", index, name]`.',
    complexity: 50,
  })
  async setMappings(
    @Arg('integrationId', () => ID) integrationId: string,
    @Arg('mappings', () => [MappingInput]) mappings: MappingInput[],
    @Ctx() context: ApiContext,
  ): Promise<SetMappingsPayload> {
    atMostRows('mappings', mappings);
    const integration = await findIntegration(context, integrationId);
    if (!integration) return { mappings: [], userErrors: [notFound('integrationId', 'integration')] };
    const { em, lookups, app } = context;
    const userErrors = await setMappings(em, lookups, integration, mappings, app.now());
    if (userErrors.length > 0) return { mappings: [], userErrors };
    const ids = mappings.map(mapping => mapping.organizationId);
    return { mappings: await mappingsOf(em, lookups, integration, ids), userErrors };
  }
}

@Resolver(() => IntegrationType)
export class IntegrationMappingsResolver {
  @FieldResolver(() => MappingConnection, {
    description:
      'All organizations of the partner, by name, each with the company that it is mapped to, if any.',
    complexity: pageCost,
  })
  mappings(
    @Root() integration: Integration,
    @Args() args: MappingsArgs,
    @Ctx() { em, lookups }: ApiContext,
  ): Promise<CountedPage<MappingNode>> {
    return readMappings(em, lookups, integration, args);
  }
}
