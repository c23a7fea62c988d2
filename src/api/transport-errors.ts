import { randomUUID } from 'node:crypto';
import type { FastifyError, FastifyInstance } from 'fastify';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';

const codes: Record<number, string> = {
  413: 'TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
};

/**
 * Formats errors from before GraphQL as GraphQL errors, so that clients read one kind of error. A bug, or a database
 * that does not answer, is logged with an id, and only the id is sent.
 */
export function formatTransportErrors(server: FastifyInstance, logger: Logger): void {
  server.setErrorHandler<FastifyError>((error, _request, reply) => {
    if (error instanceof GraphQLError) {
      const { http, ...extensions } = error.extensions as { http?: { status: number } };
      logger.warn({ err: error.originalError ?? error }, 'a request was rejected before execution');
      return reply.code(http?.status ?? 500).send({ errors: [{ message: error.message, extensions }] });
    }
    const status = error.statusCode ?? 500;
    if (status < 500) {
      const code = codes[status] ?? 'BAD_REQUEST';
      return reply.code(status).send({ errors: [{ message: error.message, extensions: { code } }] });
    }
    const id = randomUUID();
    logger.error({ err: error, errorId: id }, 'a request failed before execution');
    const message = `An internal error occurred. Quote ${id} when you report it.`;
    return reply.code(status).send({ errors: [{ message, extensions: { code: 'INTERNAL', id } }] });
  });
}
