import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import proxyAddr from '@fastify/proxy-addr';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { actAs } from '../domain/audit/actor.js';
import { serveHealth, serveMetrics } from '../observability/health-routes.js';
import { withLogFields } from '../observability/log.js';
import { inSpan } from '../observability/span.js';
import { actorOf, type Caller, type Origin } from './caller.js';
import { type ApiContext, type ApiDependencies, Contexts } from './context.js';
import { presentError, unauthenticated } from './errors.js';
import { secureHeaders } from './headers.js';
import { armorPlugins, largestBodyBytes, limitComplexity, limitRules, mostTokens } from './limits.js';
import { servePlayground } from './playground.js';
import { limitRate } from './rate.js';
import { buildApiSchema } from './schema.js';
import { Authenticator } from './sign-in/authenticator.js';
import { formatTransportErrors } from './transport-errors.js';
import { requestIdOf, watchOperations } from './watch-operations.js';
import { serveSubscriptions } from './websocket.js';

export type { ApiDependencies } from './context.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined: not authenticated. Set on /graphql only. */
    caller?: Caller;
  }
}

const graphqlPath = '/graphql';

/**
 * Serves the API at /graphql (HTTP and WebSocket), the playground, /healthz, /readyz, and /metrics unless it
 * has a port of its own, on the configured host and port; port 0 takes any free one. Every answer carries the
 * id of its request as `x-request-id`, as does every line that is logged for it.
 */
export async function startApi(app: ApiDependencies): Promise<{ url: string; close(): Promise<void> }> {
  const schema = buildApiSchema();
  const contexts = new Contexts(app);
  const authenticator = new Authenticator(app);
  const proxies = proxyAddr.compile([...app.config.trustProxy]);
  const server: FastifyInstance = Fastify({
    loggerInstance: app.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    bodyLimit: largestBodyBytes,
    forceCloseConnections: true,
    trustProxy: proxies,
    ...timeLimits(app.config.requestTimeoutMs),
  });
  formatTransportErrors(server, app.logger);
  await secureHeaders(server);
  server.decorateRequest('caller');
  const withinRate = await limitRate(server, app.config.requestsPerMinute);
  const apollo = new ApolloServer<ApiContext>({
    schema,
    introspection: app.config.introspection,
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
      rejectEarly(schema),
      ApolloServerPluginLandingPageDisabled(),
      fastifyApolloDrainPlugin(server),
    ],
  });
  await apollo.start();
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  const answer = fastifyApolloHandler(apollo, {
    context: async request => contexts.for(request.caller, originOf(request)),
  });
  server.route({
    url: graphqlPath,
    method: ['POST', 'OPTIONS'],
    onRequest: [
      async request => {
        request.caller = await authenticator.callerOf(request.headers.authorization, originOf(request));
      },
      withinRate,
    ],
    handler(request, reply) {
      return withLogFields({ requestId: request.id }, () =>
        inSpan('graphql', {}, async () => answer.call(server, request, reply)),
      );
    },
  });
  serveHealth(server, app);
  if (app.config.metricsPort === undefined) serveMetrics(server, app.metrics);
  if (app.config.playground) await servePlayground(server);
  const stopSubscriptions = serveSubscriptions(server.server, graphqlPath, schema, {
    app,
    contexts,
    authenticator,
    addressOf: request => proxyAddr(request, proxies),
  });
  const url = await server.listen({ host: app.config.host, port: app.config.port });
  return {
    url,
    async close() {
      await stopSubscriptions();
      await server.close();
      await apollo.stop();
      authenticator.close();
    },
  };
}

const originOf = (request: FastifyRequest): Origin => ({ address: request.ip, requestId: request.id });

/**
 * How long a client may take: for the head of a request, for all of it, and without any traffic, which has to be longer
 * than a request to a slow PSA takes.
 */
function timeLimits(requestMs: number) {
  return {
    requestTimeout: requestMs,
    connectionTimeout: requestMs * 3,
    http: { headersTimeout: Math.min(requestMs, 15_000), connectionsCheckingInterval: 1_000 },
  };
}

/**
 * Decides before anything runs: rejects a missing token (the schema itself is open to everybody) and an operation that
 * is too complex, and names the actor of a mutation for the audit log.
 */
function rejectEarly(schema: GraphQLSchema): ApolloServerPlugin<ApiContext> {
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
