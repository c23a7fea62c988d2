import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { Integration } from '../../domain/integrations/integration.js';
import type { PsaPlugin } from '../../psa/adapter.js';
import { ForPortals } from '../access.js';
import type { ApiContext } from '../context.js';
import { PsaPluginType, ServiceBoardType, ServiceType } from './types.js';

/** A board with its integration, so that its types can be read. */
export interface BoardOfIntegration {
  id: string;
  name: string;
  integration: Integration;
}

@Resolver()
export class PsaPluginResolver {
  @ForPortals()
  @Query(() => [PsaPluginType], { description: 'The kinds of PSA that can be connected, with their forms.' })
  psaPlugins(@Ctx() { app }: ApiContext): PsaPlugin[] {
    return [...app.connections.plugins.values()].sort((a, b) => a.name.localeCompare(b.name));
  }
}

@Resolver(() => ServiceBoardType)
export class ServiceBoardResolver {
  @FieldResolver(() => [ServiceType], {
    description: 'The active types of this board. One more request to the PSA for each board.',
    complexity: ({ childComplexity }) => 50 + 20 * childComplexity,
  })
  types(@Root() board: BoardOfIntegration, @Ctx() { lookups }: ApiContext) {
    return lookups.serviceTypes(board.integration, board.id);
  }
}
