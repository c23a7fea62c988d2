import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { useServer as serveProtocol } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { inSpan } from '../watch/span.js';
import { type Caller, keyOf } from './access.js';
import type { ApiContext, ApiDependencies, Contexts, Origin } from './context.js';
import { isIdentityProviderDown, presentError } from './errors.js';
import { largestSocketMessageBytes, limitComplexity, limitRules, mostTokens } from './limits.js';
import { strangersPerMinute } from './rate.js';
import type { Gate } from './sign-in/gate.js';
import { RefusedSignIns } from './sign-in/refused-sign-ins.js';
import { nameActiveSpan, requestIdOf } from './watch-operations.js';

/** What the client sends first: `{ "authorization": "Bearer psab_…" }`, or `{ "token": "psab_…" }`. */
type ConnectionParams = Record<string, unknown> | undefined;

interface Opened {
  authorization: string;
  caller: Caller;
  origin: Origin;
  socket: WebSocket;
  /** By id, as graphql-ws keeps them: those that run. */
  subscriptions: Readonly<Record<string, unknown>>;
  expiry?: NodeJS.Timeout;
}

/** Sockets that one caller may have open at once, in one process. */
const mostSockets = 200;
const tooMany = 4429;
const tryAgainLater = 4503;
const nowhere: Origin = { address: null, requestId: null };
const forbidden = 4403;
const checkTokensEveryMs = 30_000;
const longestTimerMs = 2 ** 31 - 1;

/**
 * GraphQL subscriptions on the HTTP server's own port, by the graphql-transport-ws protocol. A socket without
 * a valid token is closed with 4403; so is one whose token is revoked or expires, at once. An address from which too
 * many were refused has to wait, as by HTTP. While the identity provider does not answer, its tokens get 4503, and
 * what they opened before stays until they expire.
 */
export function serveSubscriptions(
  server: Server,
  path: string,
  schema: GraphQLSchema,
  {
    app,
    contexts,
    gate,
    addressOf,
  }: {
    app: ApiDependencies;
    contexts: Contexts;
    gate: Gate;
    /** Where a request comes from, before the proxies that are trusted. */
    addressOf(request: IncomingMessage): string;
  },
): () => Promise<void> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: largestSocketMessageBytes });
  const opened = new Set<Opened>();
  const refused = new RefusedSignIns(strangersPerMinute, app.now);

  const protocol = serveProtocol<
    Record<string, unknown>,
    { opened?: Opened; socket: WebSocket; request: IncomingMessage }
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
          caller = await gate.callerOf(authorization, origin);
        } catch (error) {
          if (!isIdentityProviderDown(error)) throw error;
          extra.socket.close(tryAgainLater, 'The identity provider does not answer');
          return false;
        }
        if (!authorization || !caller) {
          refused.count(origin.address);
          return false;
        }
        // One that left meanwhile was told so already, and would be counted for ever.
        if (extra.socket.readyState !== extra.socket.OPEN) return false;
        if (socketsOf(caller).length >= mostSockets) {
          extra.socket.close(tooMany, `Too many connections: ${mostSockets} are open.`);
          return false;
        }
        extra.opened = { authorization, caller, origin, socket: extra.socket, subscriptions };
        opened.add(extra.opened);
        closeOnExpiry(extra.opened);
        return true;
      },
      onClose({ extra }) {
        if (!extra.opened) return;
        clearTimeout(extra.opened.expiry);
        opened.delete(extra.opened);
      },
      onSubscribe({ extra }, _id, { query, operationName, variables }) {
        const running = extra.opened ? subscriptionsOf(extra.opened.caller) : 0;
        if (running > app.config.apiSubscriptionsPerCaller) {
          const message = `More than ${app.config.apiSubscriptionsPerCaller} subscriptions at once: end some.`;
          return [new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } })];
        }
        // What comes here does not pass Apollo's plugins.
        try {
          const document = parse(query, { maxTokens: mostTokens });
          const operation = getOperationAST(document, operationName)?.operation;
          if (operation !== 'subscription') {
            return [new GraphQLError('Only subscriptions by WebSocket; send this by HTTP.')];
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

  const socketsOf = (one: Caller) => [...opened].filter(({ caller }) => keyOf(caller) === keyOf(one));
  const subscriptionsOf = (caller: Caller) =>
    socketsOf(caller).reduce((sum, { subscriptions }) => sum + Object.keys(subscriptions).length, 0);

  const closeWhereInvalid = async (suspects: Iterable<Opened>) => {
    for (const one of suspects) {
      if (!(await mayStay(one))) one.socket.close(forbidden, 'Forbidden');
    }
  };
  const mayStay = async ({ authorization, caller, origin }: Opened) => {
    if (caller.expiresAt !== null && caller.expiresAt <= app.now()) return false;
    try {
      return (await gate.callerOf(authorization, origin)) !== undefined;
    } catch (error) {
      if (isIdentityProviderDown(error)) return true;
      throw error;
    }
  };
  const closeOnExpiry = (one: Opened) => {
    if (!one.caller.expiresAt) return;
    const inMs = one.caller.expiresAt.getTime() - app.now().getTime();
    one.expiry = setTimeout(() => check([one]), Math.min(inMs + 10, longestTimerMs)).unref();
  };
  const check = (suspects: Iterable<Opened>) => {
    closeWhereInvalid(suspects).catch(error => app.logger.warn({ err: error }, 'tokens were not checked'));
  };
  const ignoreChanges = app.changes.on(change => {
    if (change.kind === 'resync') check([...opened]);
    if (change.kind === 'token_revoked') {
      check([...opened].filter(({ caller }) => caller.id === change.tokenId));
    }
  });
  const timer = setInterval(() => check([...opened]), checkTokensEveryMs).unref();

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split('?')[0] !== path) return void socket.destroy();
    const wait = refused.secondsToWait(addressOf(request));
    if (wait > 0) {
      return void socket.end(
        `HTTP/1.1 429 Too Many Requests\r\nRetry-After: ${wait}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
    }
    sockets.handleUpgrade(request, socket, head, ws => sockets.emit('connection', ws, request));
  };
  server.on('upgrade', upgrade);
  return async () => {
    server.off('upgrade', upgrade);
    clearInterval(timer);
    ignoreChanges();
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

/**
 * Each event is answered in a context of its own: one kept as long as the subscription would answer from
 * entities that it loaded long ago.
 */
async function subscribeWithFreshContexts(
  args: ExecutionArgs,
  contexts: Contexts,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const events = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in events)) return events;
  const { caller, origin } = args.contextValue as ApiContext;
  const iterator = events[Symbol.asyncIterator]();
  // graphql-ws ends a subscription by calling return() on what it was given, so this is its own iterator.
  const answers: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      const event = await iterator.next();
      if (event.done) return { done: true, value: undefined };
      const contextValue = contexts.for(caller, origin);
      const began = performance.now();
      const value = await inSpan('graphql', {}, async () => {
        nameActiveSpan('subscription', args.operationName);
        return execute({ ...args, rootValue: event.value, contextValue });
      });
      const seconds = (performance.now() - began) / 1000;
      contextValue.app.metrics.observeOperation('subscription', value.errors !== undefined, seconds);
      return { done: false, value };
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => answers,
  };
  return answers;
}
