import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { keyOf } from './caller.js';

/** Requests a minute from one address without a valid token: enough to read the schema, not to guess tokens. */
export const strangersPerMinute = 120;

class TooManyRequests extends Error {
  readonly statusCode = 429;
}

/**
 * Makes the hook that lets a caller through so many times a minute, whichever of this process's connections it uses,
 * and answers 429 with Retry-After beyond that. 0: no limit for callers; strangers have theirs all the same.
 */
export async function limitRate(
  server: FastifyInstance,
  perMinute: number,
): Promise<onRequestAsyncHookHandler> {
  await server.register(rateLimit, { global: false, cache: 20_000 });
  const known = (request: FastifyRequest) => request.caller !== undefined;
  return server.rateLimit({
    timeWindow: '1 minute',
    max: request => (known(request) ? perMinute : strangersPerMinute),
    allowList: request => known(request) && perMinute === 0,
    keyGenerator: request => (request.caller ? keyOf(request.caller) : `address ${request.ip}`),
    errorResponseBuilder: (request, { max, after }) =>
      new TooManyRequests(
        known(request)
          ? `More than ${max} requests in a minute. Go on in ${after}; reports take up to 10,000 rows a call.`
          : `More than ${max} requests without a valid token in a minute. Go on in ${after}.`,
      ),
  }) as onRequestAsyncHookHandler;
}
