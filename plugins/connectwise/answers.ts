import {
  PsaBusy,
  type PsaError,
  type PsaFieldError,
  PsaLoginRefused,
  PsaRejected,
  type PsaRequest,
  type PsaResponse,
  PsaRightMissing,
  PsaSurprise,
  PsaUnreachable,
} from 'psa-bridge/plugin';
import { z } from 'zod';

const words = z.string().optional().catch(undefined);

/** Whatever of it is not as it should be is left out: what else it says is still worth reading. */
const errorBody = z.object({
  code: words,
  message: words,
  errors: z
    .array(z.object({ field: words, message: words }).catch({}))
    .optional()
    .catch(undefined),
});
type ErrorBody = z.infer<typeof errorBody>;

/**
 * What the answers to a refused login look like: 401; on cloud sites also 404 or an HTML page (developer guide),
 * so a page or a redirect where a record was asked for is taken for the way to the login. A page in answer to a
 * write is not: something in front of ConnectWise may have sent it after the write.
 */
export function looksLikeRefusedLogin(response: PsaResponse, method: PsaRequest['method']): boolean {
  const { status } = response;
  return (
    status === 401 ||
    (status === 404 && !isRecordNotFound(response)) ||
    (status >= 300 && status < 400) ||
    (status === 200 && method === 'GET' && isPage(response))
  );
}

function isPage({ headers, text }: PsaResponse): boolean {
  return String(headers['content-type'] ?? '').includes('html') && text.trimStart().startsWith('<');
}

/** A 404 that speaks of a record is ConnectWise's own; any other one comes from in front of it. */
function isRecordNotFound(response: PsaResponse): boolean {
  return readError(response)?.code === 'NotFound';
}

/** Of what a PSA says, in characters: it is stored, shown and sent. */
const mostWords = 1_000;

/** The error that an answer other than 2xx stands for. */
export function errorOf(response: PsaResponse, request: PsaRequest, path: string): PsaError {
  const { status } = response;
  const body = readError(response);
  const said = [body?.message, ...(body?.errors ?? []).map(item => item.message)]
    .filter(text => text)
    .join(' ')
    .slice(0, mostWords);
  const mayHaveBeenCarriedOut = request.method !== 'GET';
  if (/clientid/i.test(said) && status < 500) {
    return new PsaLoginRefused(
      'ConnectWise asks for a client id. The vendor sets CONNECTWISE_CLIENT_ID to the one of its developer account.',
    );
  }
  if (/SSL is required/i.test(said)) {
    return new PsaLoginRefused(
      'This host is the one for browsers. Enter the API host, which begins with "api-".',
    );
  }
  if (looksLikeRefusedLogin(response, request.method)) {
    return new PsaLoginRefused(
      'ConnectWise refuses the login. Check site, company ID and the keys (or the integrator login) and enter them again.',
    );
  }
  if (status === 403) {
    return new PsaRightMissing(
      `ConnectWise says that a right is missing for ${path}: ${said || 'forbidden'}`,
      path,
    );
  }
  if (status === 429) {
    return new PsaBusy('ConnectWise asks to slow down.', retryAfterMs(response));
  }
  if (status === 500 && /Error converting value/i.test(said)) return rejected(body, said);
  if (status === 500 && /time-?out/i.test(said)) {
    return new PsaUnreachable('ConnectWise reports a time-out of its own.', { mayHaveBeenCarriedOut });
  }
  if (status === 502 || status === 503 || status === 504 || (status >= 520 && status <= 524)) {
    return new PsaUnreachable(`ConnectWise is not available (${status}).`, { mayHaveBeenCarriedOut });
  }
  if (status === 400 || status === 404 || status === 409) return rejected(body, said);
  return new PsaSurprise(`ConnectWise answered ${status}${said ? `: ${said}` : ''}.`, {
    mayHaveBeenCarriedOut: mayHaveBeenCarriedOut && status >= 500,
  });
}

function rejected(body: ErrorBody | undefined, said: string): PsaRejected {
  const fields: PsaFieldError[] = (body?.errors ?? []).flatMap(({ field, message }) =>
    field && message ? [{ field: field.slice(0, mostWords), message: message.slice(0, mostWords) }] : [],
  );
  return new PsaRejected(
    `ConnectWise: ${(fields.length > 0 ? body?.message : said) || 'the request is not accepted'}`,
    fields,
  );
}

function retryAfterMs({ headers, text }: PsaResponse): number | undefined {
  const header = String(headers['retry-after'] ?? '');
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const inWords = /again in (\d+) seconds/i.exec(text);
  return inWords ? Number(inWords[1]) * 1000 : undefined;
}

function readError({ text }: PsaResponse): ErrorBody | undefined {
  try {
    return errorBody.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
