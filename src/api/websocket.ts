import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError, type GraphQLSchema, getOperationAST, parse, specifiedRules, validate } from 'graphql';
import { useServer as serveProtocol } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Caller, Origin } from './caller.js';
import type { ApiDependencies, Contexts } from './context.js';
import { isIdentityProviderDown, presentError } from './errors.js';
import { subscribeWithFreshContexts } from './fresh-contexts.js';
import { largestSocketMessageBytes, limitComplexity, limitRules, mostTokens } from './limits.js';
import { type OpenSocket, OpenSockets } from './open-sockets.js';
import { anonymousPerMinute } from './rate.js';
import type { Authenticator } from './sign-in/authenticator.js';
import { RefusedSignIns } from './sign-in/refused-sign-ins.js';
import { requestIdOf } from './watch-operations.js';

/** What the client sends first: `{ "authorization": "Bearer psab_…" }`, or `{ "token": "psab_…" }`. */
type ConnectionParams = Record<string, unknown> | undefined;

/** Sockets that one caller may have open at once, in one process. */
const mostSockets = 200;
const tooMany = 4429;
const tryAgainLater = 4503;
const nowhere: Origin = { address: null, requestId: null };

/**
 * Serves GraphQL subscriptions on the HTTP server's own port, by the graphql-transport-ws protocol. A socket without a
 * valid token is closed with 4403; an address with too many rejected ones has to wait, as over HTTP. While the identity
 * provider does not answer, its tokens get 4503.
 */
export function serveSubscriptions(
  server: Server,
  path: string,
  schema: GraphQLSchema,
  {
    app,
    contexts,
    authenticator,
    addressOf,
  }: {
    app: ApiDependencies;
    contexts: Contexts;
    authenticator: Authenticator;
    /** The client's address, behind the trusted proxies. */
    addressOf(request: IncomingMessage): string;
  },
): () => Promise<void> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: largestSocketMessageBytes });
  const open = new OpenSockets(app, authenticator);
  const refused = new RefusedSignIns(anonymousPerMinute, app.now);

  const protocol = serveProtocol<
    Record<string, unknown>,
    { opened?: OpenSocket; socket: WebSocket; request: IncomingMessage }
  >(
    {
      schema,
      connectionInitWaitTimeout: 5_000,
      async onConnect({ connectionParams, extra, subscriptions }) {
        const authorization = readAuthorization(connectionParams);
        const origin = {
          address: addressOf(extra.request),
          requestId: requestIdOf(extra.request),
        };
        let caller: Caller | undefined;
        try {
          caller = await authenticator.callerOf(authorization, origin);
        } catch (error) {
          if (!isIdentityProviderDown(error)) throw error;
          extra.socket.close(tryAgainLater, 'The identity provider does not answer');
          return false;
        }
        if (!authorization || !caller) {
          refused.count(origin.address);
          return false;
        }
        // A client that left meanwhile would be counted for ever: onClose was called already.
        if (extra.socket.readyState !== extra.socket.OPEN) return false;
        if (open.of(caller).length >= mostSockets) {
          extra.socket.close(tooMany, `Too many connections: ${mostSockets} are open.`);
          return false;
        }
        extra.opened = { authorization, caller, origin, socket: extra.socket, subscriptions };
        open.add(extra.opened);
        return true;
      },
      onClose({ extra }) {
        if (extra.opened) open.remove(extra.opened);
      },
      onSubscribe({ extra }, _id, { query, operationName, variables }) {
        const running = extra.opened ? open.subscriptionsOf(extra.opened.caller) : 0;
        if (running > app.config.subscriptionsPerCaller) {
          const message = `More than ${app.config.subscriptionsPerCaller} subscriptions at once; end some of them.`;
          return [new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } })];
        }
        // Apollo's plugins do not see what arrives here.
        try {
          const document = parse(query, { maxTokens: mostTokens });
          const operation = getOperationAST(document, operationName)?.operation;
          if (operation !== 'subscription') {
            return [new GraphQLError('WebSockets serve subscriptions only; send this operation over HTTP.')];
          }
          const errors = validate(schema, document, [...specifiedRules, ...limitRules]);
          if (errors.length > 0) return errors;
          limitComplexity(schema, document, operationName, variables);
        } catch (error) {
          return [error as GraphQLError];
        }
      },
      context: ({ extra }) => contexts.for(extra.opened?.caller, extra.opened?.origin ?? nowhere),
      subscribe: args => subscribeWithFreshContexts(args, contexts),
      onError: (_context, _id, _payload, errors) =>
        errors.map(error => presentError(error.toJSON(), error, app.logger)),
      onNext: (_context, _id, _payload, _args, result) => ({
        ...result,
        errors: result.errors?.map(error => presentError(error.toJSON(), error, app.logger)),
      }),
    },
    sockets,
  );

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split('?')[0] !== path) return void socket.destroy();
    const wait = refused.secondsToWait(addressOf(request));
    if (wait > 0) {
      socket.on('error', () => socket.destroy()).once('finish', () => socket.destroy());
      return void socket.end(
        `HTTP/1.1 429 Too Many Requests\r\nRetry-After: ${wait}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
    }
    sockets.handleUpgrade(request, socket, head, ws => sockets.emit('connection', ws, request));
  };
  server.on('upgrade', upgrade);
  return async () => {
    server.off('upgrade', upgrade);
    open.stop();
    await protocol.dispose();
  };
}

function readAuthorization(params: ConnectionParams): string | undefined {
  for (const [name, value] of Object.entries(params ?? {})) {
    if (typeof value !== 'string') continue;
    if (name.toLowerCase() === 'authorization') return value;
    if (name === 'token') return `Bearer ${value.replace(/^Bearer +/i, '')}`;
  }
  return undefined;
}
