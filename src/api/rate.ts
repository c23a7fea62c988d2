import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { keyOf } from './caller.js';

/** Requests a minute from one address without a valid token: enough to read the schema, too few to guess tokens. */
export const anonymousPerMinute = 120;

class TooManyRequests extends Error {
  readonly statusCode = 429;
}

/**
 * Makes the hook that limits the requests of a caller a minute, over all connections to this process, and answers 429
 * with Retry-After above the limit. 0: no limit for authenticated callers; anonymous ones keep theirs.
 */
export async function limitRate(
  server: FastifyInstance,
  perMinute: number,
): Promise<onRequestAsyncHookHandler> {
  await server.register(rateLimit, { global: false, cache: 20_000 });
  const known = (request: FastifyRequest) => request.caller !== undefined;
  return server.rateLimit({
    timeWindow: '1 minute',
    max: request => (known(request) ? perMinute : anonymousPerMinute),
    allowList: request => known(request) && perMinute === 0,
    keyGenerator: request => (request.caller ? keyOf(request.caller) : `address ${request.ip}`),
    errorResponseBuilder: (request, { max, after }) =>
      new TooManyRequests(
        known(request)
          ? `More than ${max} requests in a minute. Continue in ${after}; reports take up to 10,000 rows a call.`
          : `More than ${max} requests without a valid token in a minute. Continue in ${after}.`,
      ),
  }) as onRequestAsyncHookHandler;
}
