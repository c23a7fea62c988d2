import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { type ApiContext, type ApiDependencies, Contexts } from './context.js';
import { presentError, unauthenticated } from './errors.js';
import { armorPlugins, largestBodyBytes, limitComplexity, limitRules, mostTokens } from './limits.js';
import { servePlayground } from './playground.js';
import { buildApiSchema } from './schema.js';
import { TokenGate } from './tokens/tokens.js';
import { serveSubscriptions } from './websocket.js';

export type { ApiDependencies } from './context.js';

const graphqlPath = '/graphql';

/**
 * Serves the API at /graphql (HTTP and WebSocket), the playground, /healthz (this process lives) and /readyz
 * (the database answers too), on the configured host and port; port 0 takes any free one.
 */
export async function startApi(app: ApiDependencies): Promise<{ url: string; close(): Promise<void> }> {
  const schema = buildApiSchema();
  const contexts = new Contexts(app);
  const gate = new TokenGate(app.orm, app.changes, app.now);
  const server: FastifyInstance = Fastify({
    loggerInstance: app.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: largestBodyBytes,
    forceCloseConnections: true,
  });
  const apollo = new ApolloServer<ApiContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    parseOptions: { maxTokens: mostTokens },
    validationRules: limitRules,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => presentError(formatted, error, app.logger),
    plugins: [
      ...armorPlugins,
      refuseEarly(schema),
      ApolloServerPluginLandingPageDisabled(),
      fastifyApolloDrainPlugin(server),
    ],
  });
  await apollo.start();
  await server.register(fastifyApollo(apollo), {
    path: graphqlPath,
    method: ['POST', 'OPTIONS'],
    context: async request => contexts.for(await gate.callerOf(request.headers.authorization)),
  });
  serveHealth(server, app);
  await servePlayground(server);
  server.get('/', (_request, reply) => reply.redirect('/playground/'));
  const stopSubscriptions = serveSubscriptions(server.server, graphqlPath, schema, { app, contexts, gate });
  const url = await server.listen({ host: app.config.host, port: app.config.port });
  return {
    url,
    async close() {
      await stopSubscriptions();
      await server.close();
      await apollo.stop();
      gate.close();
    },
  };
}

/** What is decided before anything runs: no token (the schema itself is open to everybody), or too much at once. */
function refuseEarly(schema: GraphQLSchema): ApolloServerPlugin<ApiContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ request, document, operation, contextValue }) {
          const asksForData = operation?.selectionSet.selections.some(
            selection => selection.kind !== 'Field' || !selection.name.value.startsWith('__'),
          );
          if (asksForData && !contextValue.caller) throw unauthenticated();
          limitComplexity(schema, document as DocumentNode, request.operationName, request.variables);
        },
      };
    },
  };
}

function serveHealth(server: FastifyInstance, app: ApiDependencies): void {
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    try {
      await app.ready();
      return { status: 'ok' };
    } catch (error) {
      app.logger.warn({ err: error }, 'not ready');
      return reply.code(503).send({ status: 'unavailable' });
    }
  });
}
