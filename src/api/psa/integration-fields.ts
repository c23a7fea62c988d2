import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Integration } from '../../domain/integrations/integration.js';
import type { PsaCompany as PsaCompanyNode } from '../../psa/adapter.js';
import type { ApiContext } from '../context.js';
import { IntegrationType } from '../integrations/types.js';
import { type Page, pageCost, pageSize } from '../pages.js';
import { SearchArgs } from '../partners/types.js';
import type { BoardOfIntegration } from './resolver.js';
import { BillingLevel, PsaCompanyConnection, PsaReference, ServiceBoardType } from './types.js';

const live =
  'Live from the PSA, kept for a minute. While the PSA does not answer this is an error with a PSA_… code, not an empty list.';

/** A request to a PSA costs more than a row of our database. */
const psaCost = ({ childComplexity }: { childComplexity: number }) => 50 + 50 * childComplexity;

@Resolver(() => IntegrationType)
export class IntegrationLookupsResolver {
  @FieldResolver(() => [ServiceBoardType], {
    description: `Active boards that take service tickets. ${live}`,
    complexity: psaCost,
  })
  async serviceBoards(
    @Root() integration: Integration,
    @Ctx() { lookups }: ApiContext,
  ): Promise<BoardOfIntegration[]> {
    const boards = await lookups.serviceBoards(integration);
    return boards.map(({ id, name }) => ({ id, name, integration }));
  }

  @FieldResolver(() => [PsaReference], {
    description: `The priorities that a ticket can have. ${live}`,
    complexity: psaCost,
  })
  ticketPriorities(@Root() integration: Integration, @Ctx() { lookups }: ApiContext) {
    return lookups.ticketPriorities(integration);
  }

  @FieldResolver(() => PsaCompanyConnection, {
    description: `Active companies, searched and paged by the PSA. ${live}`,
    complexity: args => 50 + pageCost(args),
  })
  async companies(
    @Root() integration: Integration,
    @Args() args: SearchArgs,
    @Ctx() { lookups }: ApiContext,
  ): Promise<Page<PsaCompanyNode>> {
    const { nodes, hasNextPage, endCursor } = await lookups.companies(integration, {
      first: pageSize(args),
      after: args.after ?? undefined,
      search: args.search ?? undefined,
    });
    return { nodes, pageInfo: { hasNextPage, endCursor } };
  }

  @FieldResolver(() => [BillingLevel], {
    description: `What usage can be billed on. ${live}`,
    complexity: psaCost,
  })
  billingLevels(@Root() integration: Integration, @Ctx() { lookups }: ApiContext) {
    return lookups.billingLevels(integration);
  }
}
