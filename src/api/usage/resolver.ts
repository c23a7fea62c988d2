import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { DeliveryState } from '../../domain/deliveries/delivery.js';
import { Integration } from '../../domain/integrations/integration.js';
import type { Organization } from '../../domain/partners/organization.js';
import { UsageLine } from '../../domain/usage/usage-line.js';
import { UsageStatement } from '../../domain/usage/usage-statement.js';
import type { ApiContext } from '../context.js';
import { IntegrationType } from '../integrations/types.js';
import { pageOfNewest } from '../newest-first.js';
import { type Page, pageCost } from '../pages.js';
import { OrganizationType } from '../partners/types.js';
import { DecimalScalar } from '../scalars/scalars.js';
import { UsageLineType, UsageStatementConnection, UsageStatementsArgs, UsageStatementType } from './types.js';

@Resolver(() => UsageStatementType)
export class UsageStatementResolver {
  @FieldResolver(() => [UsageLineType], {
    description: 'One for each organization and usage type, by organization.',
    complexity: ({ childComplexity }) => 1 + 50 * childComplexity,
  })
  lines(@Root() statement: UsageStatement, @Ctx() { loaders }: ApiContext): Promise<UsageLine[]> {
    return loaders.linesOfStatement.load(statement.id);
  }
}

@Resolver(() => UsageLineType)
export class UsageLineResolver {
  @FieldResolver(() => OrganizationType, { description: 'The organization whose usage it is.' })
  organization(@Root() line: UsageLine, @Ctx() { loaders }: ApiContext): Promise<Organization> {
    return loaders.organization.load(line.organization.id);
  }

  @FieldResolver(() => DecimalScalar, {
    nullable: true,
    description:
      'The quantity that the PSA confirmed when this was delivered; the sum where several organizations are one company there.',
  })
  async psaQuantity(@Root() line: UsageLine, @Ctx() { loaders }: ApiContext): Promise<string | null> {
    if (!line.delivery) return null;
    return (await loaders.delivery.load(line.delivery.id)).quantityAfter ?? null;
  }

  @FieldResolver(() => DeliveryState, {
    description: 'Of the delivery that carries it to the PSA; SKIPPED where there is no delivery.',
  })
  async state(@Root() line: UsageLine, @Ctx() { loaders }: ApiContext): Promise<DeliveryState> {
    return line.delivery ? (await loaders.delivery.load(line.delivery.id)).state : DeliveryState.SKIPPED;
  }
}

@Resolver(() => IntegrationType)
export class IntegrationUsageResolver {
  @FieldResolver(() => UsageStatementConnection, {
    description: 'Its statements, newest first.',
    complexity: pageCost,
  })
  usageStatements(
    @Root() integration: Integration,
    @Args() args: UsageStatementsArgs,
    @Ctx() { em }: ApiContext,
  ): Promise<Page<UsageStatement>> {
    return pageOfNewest(em, UsageStatement, { integration: integration.id }, args);
  }
}
