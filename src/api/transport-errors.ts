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
 * Answers what never came as far as GraphQL in GraphQL's form, so that clients have one kind of error to read. What is
 * a bug, or a database that does not answer, is logged under an id, and only the id goes out.
 */
export function answerInGraphQLsForm(server: FastifyInstance, logger: Logger): void {
  server.setErrorHandler<FastifyError>((error, _request, reply) => {
    if (error instanceof GraphQLError) {
      const { http, ...extensions } = error.extensions as { http?: { status: number } };
      logger.warn({ err: error.originalError ?? error }, 'a request was refused before it was understood');
      return reply.code(http?.status ?? 500).send({ errors: [{ message: error.message, extensions }] });
    }
    const status = error.statusCode ?? 500;
    if (status < 500) {
      const code = codes[status] ?? 'BAD_REQUEST';
      return reply.code(status).send({ errors: [{ message: error.message, extensions: { code } }] });
    }
    const id = randomUUID();
    logger.error({ err: error, errorId: id }, 'a request failed before it was understood');
    const message = `This failed on our side. Quote ${id} when you report it.`;
    return reply.code(status).send({ errors: [{ message, extensions: { code: 'INTERNAL', id } }] });
  });
}
