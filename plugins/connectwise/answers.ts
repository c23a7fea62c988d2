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

/** Malformed members are left out: the others are still worth reading. */
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
 * Whether an answer means that the login is refused: 401; on cloud sites also 404 or an HTML page (developer guide), so a
 * page or a redirect in place of a record counts as the login page. A page in answer to a write does not: a proxy may
 * have sent it after ConnectWise carried out the write.
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

/** ConnectWise's own 404 has this code; any other 404 comes from a proxy or a missing codebase. */
function isRecordNotFound(response: PsaResponse): boolean {
  return readError(response)?.code === 'NotFound';
}

/** The length to which texts of ConnectWise are cut, in characters: they are stored, shown and sent. */
const longestText = 1_000;

/** The error for an answer other than 2xx. */
export function errorOf(response: PsaResponse, request: PsaRequest, path: string): PsaError {
  const { status } = response;
  const body = readError(response);
  const said = [body?.message, ...(body?.errors ?? []).map(item => item.message)]
    .filter(text => text)
    .join(' ')
    .slice(0, longestText);
  const mayHaveBeenCarriedOut = request.method !== 'GET';
  if (/clientid/i.test(said) && status < 500) {
    return new PsaLoginRefused(
      'ConnectWise requires a client id. The vendor sets the one of its developer account in PSA_CLIENT_IDS, as connectwise=….',
    );
  }
  if (/SSL is required/i.test(said)) {
    return new PsaLoginRefused('This host is for browsers. Enter the API host, which begins with "api-".');
  }
  if (looksLikeRefusedLogin(response, request.method)) {
    return new PsaLoginRefused(
      'ConnectWise refuses the login. Check site, company ID and the keys (or the integrator login) and enter them again.',
    );
  }
  if (status === 403) {
    return new PsaRightMissing(
      `ConnectWise reports a missing right for ${path}: ${said || 'forbidden'}`,
      path,
    );
  }
  if (status === 429) {
    return new PsaBusy('ConnectWise asks to slow down.', retryAfterMs(response));
  }
  if (status === 500 && /Error converting value/i.test(said)) return rejected(body, said);
  if (status === 500 && /time-?out/i.test(said)) {
    return new PsaUnreachable('ConnectWise reports an internal time-out.', { mayHaveBeenCarriedOut });
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
    field && message ? [{ field: field.slice(0, longestText), message: message.slice(0, longestText) }] : [],
  );
  return new PsaRejected(
    `ConnectWise: ${(fields.length > 0 ? body?.message : said) || 'the request was rejected'}`,
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
