import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { actAs } from '../domain/audit/actor.js';
import { withLogFields } from '../watch/log.js';
import { serveHealth, serveMetrics } from '../watch/routes.js';
import { inSpan } from '../watch/span.js';
import { actorOf } from './access.js';
import { type ApiContext, type ApiDependencies, Contexts } from './context.js';
import { presentError, unauthenticated } from './errors.js';
import { armorPlugins, largestBodyBytes, limitComplexity, limitRules, mostTokens } from './limits.js';
import { servePlayground } from './playground.js';
import { buildApiSchema } from './schema.js';
import { TokenGate } from './tokens/tokens.js';
import { requestIdOf, watchOperations } from './watch-operations.js';
import { serveSubscriptions } from './websocket.js';

export type { ApiDependencies } from './context.js';

const graphqlPath = '/graphql';

/**
 * Serves the API at /graphql (HTTP and WebSocket), the playground, /healthz, /readyz, and /metrics unless it
 * has a port of its own, on the configured host and port; port 0 takes any free one. Every answer carries the
 * id of its request as `x-request-id`, as does every line that is logged for it.
 */
export async function startApi(app: ApiDependencies): Promise<{ url: string; close(): Promise<void> }> {
  const schema = buildApiSchema();
  const contexts = new Contexts(app);
  const gate = new TokenGate(app.orm, app.changes, app.now);
  const server: FastifyInstance = Fastify({
    loggerInstance: app.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
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
      watchOperations(app.metrics),
      ...armorPlugins,
      refuseEarly(schema),
      ApolloServerPluginLandingPageDisabled(),
      fastifyApolloDrainPlugin(server),
    ],
  });
  await apollo.start();
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  const answer = fastifyApolloHandler(apollo, {
    context: async request => {
      const origin = { address: request.ip, requestId: request.id };
      return contexts.for(await gate.callerOf(request.headers.authorization, origin), origin);
    },
  });
  server.route({
    url: graphqlPath,
    method: ['POST', 'OPTIONS'],
    handler(request, reply) {
      return withLogFields({ requestId: request.id }, () =>
        inSpan('graphql', {}, async () => answer.call(server, request, reply)),
      );
    },
  });
  serveHealth(server, app);
  if (app.config.metricsPort === undefined) serveMetrics(server, app.metrics);
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

/**
 * What is decided before anything runs: no token (the schema itself is open to everybody), too much at once, and who
 * answers for what a mutation changes.
 */
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
          if (operation?.operation === 'mutation' && contextValue.caller) {
            actAs(contextValue.em, actorOf(contextValue.caller, contextValue.origin));
          }
        },
      };
    },
  };
}
