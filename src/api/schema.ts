import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync, type PubSub } from 'type-graphql';
import { checkRole } from './access.js';
import { AuditResolver, ReleasedDeliveryResolver } from './audit/resolver.js';
import { DeliveryResolver, IntegrationDeliveriesResolver } from './deliveries/resolver.js';
import { IngestResolver } from './ingest/resolver.js';
import { IntegrationMutations } from './integrations/mutations.js';
import { IntegrationResolver } from './integrations/resolver.js';
import { IntegrationMappingsResolver, MappingResolver } from './mappings/resolver.js';
import { PartnerResolver } from './partners/resolver.js';
import { IntegrationLookupsResolver } from './psa/integration-fields.js';
import { PsaPluginResolver, ServiceBoardResolver } from './psa/resolver.js';
import { IntegrationRunsResolver, PlannedChangeResolver, SyncRunResolver } from './runs/resolver.js';
import { TokenResolver } from './tokens/resolver.js';
import { IntegrationUsageResolver, UsageLineResolver, UsageStatementResolver } from './usage/resolver.js';
import { ViewerResolver } from './viewer/resolver.js';

/** type-graphql asks for one; our subscription brings its own source of events. */
const noPubSub: PubSub = {
  publish() {},
  subscribe(topic) {
    throw new Error(`nothing is published under ${topic}`);
  },
};

/** The whole API. Needs no database to be built. */
export function buildApiSchema(): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [
      ViewerResolver,
      PsaPluginResolver,
      ServiceBoardResolver,
      PartnerResolver,
      IntegrationResolver,
      IntegrationMutations,
      IntegrationLookupsResolver,
      IntegrationMappingsResolver,
      IntegrationRunsResolver,
      IntegrationDeliveriesResolver,
      IntegrationUsageResolver,
      MappingResolver,
      SyncRunResolver,
      PlannedChangeResolver,
      DeliveryResolver,
      UsageStatementResolver,
      UsageLineResolver,
      IngestResolver,
      TokenResolver,
      AuditResolver,
      ReleasedDeliveryResolver,
    ],
    authChecker: checkRole,
    pubSub: noPubSub,
    // Rows are validated one by one where they are used, with an answer for each.
    validate: false,
  });
}
