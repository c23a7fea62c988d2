import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { Agent, fetch, interceptors, type Response } from 'undici';

/** The command cannot continue. The message tells the user what to do. */
export class CliError extends Error {}

/** Sends one operation to the API and returns its data. Throws CliError with the API's error message. */
export type Send = <Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data>;

/** Retries for about a minute. Reports may be repeated, because the API counts a repeated row once. */
const retrying = interceptors.retry({
  maxRetries: 6,
  minTimeout: 1_000,
  maxTimeout: 20_000,
  methods: ['POST'],
  statusCodes: [429, 502, 503, 504],
});

/**
 * A client of the public GraphQL API at `url` ("http://127.0.0.1:4000"). With `patient` it retries for about a minute
 * while the API does not answer; only for operations that may be carried out twice.
 */
export function apiClient(
  url: string,
  token: string | undefined,
  { patient = false }: { patient?: boolean } = {},
): Send {
  if (!token) {
    throw new CliError('No token: set PSA_BRIDGE_TOKEN, or pass --token.');
  }
  const endpoint = new URL('/graphql', url).href;
  const dispatcher = patient ? new Agent().compose(retrying) : new Agent();
  return async (document, variables) => {
    let response: Response;
    try {
      response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: print(document), variables }),
        dispatcher,
      });
    } catch (error) {
      throw new CliError(
        `${endpoint} does not answer (${causeOf(error)}). Is the service running? Set PSA_BRIDGE_URL, or pass --url.`,
      );
    }
    const answer = (await response.json().catch(() => undefined)) as
      | { data?: unknown; errors?: { message: string; extensions?: { code?: string } }[] }
      | undefined;
    const [error] = answer?.errors ?? [];
    if (error) throw new CliError(`${error.extensions?.code ?? response.status}: ${error.message}`);
    if (!answer?.data)
      throw new CliError(`${endpoint} answered ${response.status} without data. Is this the PSA Bridge API?`);
    return answer.data as never;
  };
}

/** Throws CliError with the errors that the caller can fix, one a line. */
export function expectNoUserErrors(
  errors: readonly { field?: readonly string[] | null; code: string; message: string }[],
): void {
  if (errors.length === 0) return;
  throw new CliError(
    errors.map(error => `${error.field?.join('.') ?? error.code}: ${error.message}`).join('\n'),
  );
}

function causeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.code ?? cause?.message ?? String(error);
}
