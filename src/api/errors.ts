import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import {
  PsaBusy,
  PsaError,
  PsaLoginRefused,
  PsaRightMissing,
  PsaSurprise,
  PsaUnreachable,
} from '../psa/errors.js';

/** For an argument that no form should ever send: a page too large, an invalid cursor. */
export function badUserInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

/** For subscriptions, which have no payload that could carry a userErrors entry. */
export function notFoundError(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'NOT_FOUND' } });
}

export function unauthenticated(): GraphQLError {
  return new GraphQLError(
    'This operation needs an API token, sent as "Authorization: Bearer psab_…". The token is missing, unknown, expired or revoked.',
    { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } },
  );
}

/** Not the caller's fault, and temporary: it ends when the provider answers again. API tokens work meanwhile. */
export function identityProviderDown(cause: unknown): GraphQLError {
  return new GraphQLError(
    'Signing keys are unavailable; tokens of the identity provider cannot be verified. Try again.',
    {
      originalError: cause as Error,
      extensions: { code: 'IDENTITY_PROVIDER_UNAVAILABLE', http: { status: 503 } },
    },
  );
}

export function isIdentityProviderDown(error: unknown): boolean {
  return error instanceof GraphQLError && error.extensions.code === 'IDENTITY_PROVIDER_UNAVAILABLE';
}

export function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } });
}

/** `extensions.code` and the first words of the message for each way in which a live request to a PSA fails. */
function psaCode(error: PsaError): { code: string; means: string } {
  if (error instanceof PsaLoginRefused) {
    return { code: 'PSA_LOGIN_REFUSED', means: 'The PSA rejects the login. Connect again' };
  }
  if (error instanceof PsaRightMissing) {
    return { code: 'PSA_RIGHT_MISSING', means: `The login lacks a right in the PSA (${error.right})` };
  }
  if (error instanceof PsaBusy) {
    return { code: 'PSA_BUSY', means: 'The PSA asks to slow down. Try again later' };
  }
  if (error instanceof PsaUnreachable) {
    return { code: 'PSA_UNREACHABLE', means: 'The PSA does not answer. Try again' };
  }
  if (error instanceof PsaSurprise) {
    return { code: 'PSA_UNEXPECTED_ANSWER', means: 'The PSA sent an unexpected answer' };
  }
  return { code: 'PSA_REJECTED', means: 'The PSA rejects this' };
}

/**
 * What the caller sees of an error. Our own and GraphQL's pass; an error of a PSA gets its code; anything else is a
 * bug: it is logged with an id, and only the id is sent.
 */
export function presentError(formatted: GraphQLFormattedError, error: unknown, logger: Logger) {
  const original = error instanceof GraphQLError ? error.originalError : error;
  if (original instanceof PsaError) {
    const { code, means } = psaCode(original);
    if (original instanceof PsaSurprise) logger.warn({ err: original }, 'a PSA sent an unexpected answer');
    return {
      message: `${means}: ${original.message}`,
      locations: formatted.locations,
      path: formatted.path,
      extensions: { code },
    };
  }
  const code = formatted.extensions?.code;
  if (code && code !== 'INTERNAL_SERVER_ERROR') {
    const { stacktrace: _, http: __, ...extensions } = formatted.extensions ?? {};
    return { ...formatted, extensions };
  }
  const id = randomUUID();
  logger.error(
    { err: original ?? error, errorId: id, path: formatted.path },
    'a request failed because of a bug',
  );
  return {
    message: `An internal error occurred. Quote ${id} when you report it.`,
    locations: formatted.locations,
    path: formatted.path,
    extensions: { code: 'INTERNAL', id },
  };
}
