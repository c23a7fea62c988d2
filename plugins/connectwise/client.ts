import {
  type Credentials,
  type PsaEnvironment,
  PsaRejected,
  type PsaRequest,
  type PsaResponse,
  PsaRightMissing,
  PsaSurprise,
} from 'psa-bridge/plugin';
import { z } from 'zod';
import { errorOf, looksLikeRefusedLogin } from './answers.js';
import { parseExactly } from './exact-json.js';
import { type CompanyInfo, companyInfo } from './records.js';
import { readSite } from './site.js';

/** Releases 2022.1 to 2025.1 share everything that the plugin uses; servers support old versions for a while. */
const accept = 'application/vnd.connectwise.com+json; version=2022.1';
/** The path that leads to the current release, also on cloud hosts. */
const anyRelease = 'v4_6_release/';
const pageSize = 1_000;
/** Far more than any list has. Stops reading from a server whose pages never end. */
const mostPages = 300;

export interface CallOptions {
  params?: Record<string, string | number>;
  body?: unknown;
  /** Names of members whose numbers are read exactly, as text. */
  exact?: readonly string[];
}

/**
 * One ConnectWise account over REST. Throws only subclasses of PsaError: an answer that does not match its schema is a
 * PsaSurprise. ConnectWise is likely to limit above about 1,000 requests a minute (developer guide); the service's budget
 * for each integration (PSA_REQUESTS_PER_MINUTE) stays below that.
 */
export interface ConnectWiseClient {
  readonly companyId: string;
  readonly uiOrigin: string;
  get<T>(path: string, answer: z.ZodType<T>, options?: CallOptions): Promise<T>;
  /** All pages of a collection. */
  getAll<T>(path: string, row: z.ZodType<T>, options?: CallOptions): Promise<T[]>;
  post<T>(path: string, answer: z.ZodType<T>, body: unknown, options?: CallOptions): Promise<T>;
  patch<T>(path: string, answer: z.ZodType<T>, body: unknown, options?: CallOptions): Promise<T>;
  /** Public information about the company, without login; null if the site does not know it. */
  companyInfo(): Promise<CompanyInfo>;
}

/**
 * `credentials` are those of the form: the keys of an API member, or an integrator login. Only a request shows which of
 * the two they are: the client tries them as keys first, then with the integrator's header, and remembers what worked.
 */
export function connectWiseClient(credentials: Credentials, environment: PsaEnvironment): ConnectWiseClient {
  const { http, clientId } = environment;
  const { companyId = '', username = '', password = '' } = credentials;
  const site = readSite(credentials.site ?? '');
  if (!site) throw new Error('the stored site is invalid');
  const { origin, uiOrigin } = site;
  const authorization = `Basic ${Buffer.from(`${companyId}+${username}:${password}`).toString('base64')}`;
  let codebase = anyRelease;
  let loginKind: 'keys' | 'integrator' = 'keys';
  let loginWorked = false;

  function send(request: Omit<PsaRequest, 'url'> & { target: string }): Promise<PsaResponse> {
    const { target, method, body } = request;
    return http.request({
      method,
      url: `${origin}/${codebase}apis/3.0${target}`,
      body,
      headers: {
        authorization,
        accept,
        ...(clientId ? { clientid: clientId } : {}),
        ...(loginKind === 'integrator' ? { 'x-cw-usertype': 'integrator' } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    });
  }

  /** A request with a refused login was not carried out, so sending it again is safe, also for writes. */
  async function sendUntilAccepted(request: Parameters<typeof send>[0]): Promise<PsaResponse> {
    const usedCodebase = codebase;
    let response = await send(request);
    const refused = () => looksLikeRefusedLogin(response, request.method);
    if (!refused()) return response;
    if (!loginWorked) {
      const before = loginKind;
      loginKind = loginKind === 'keys' ? 'integrator' : 'keys';
      response = await send(request);
      if (refused()) loginKind = before;
      return response;
    }
    // It worked before: the cloud may have been upgraded, and this codebase removed.
    if (response.status === 404 && (await codebaseMoved(usedCodebase))) response = await send(request);
    return response;
  }

  /** Whether the codebase is now another one than `used`. Several requests may find that out at the same time. */
  async function codebaseMoved(used: string): Promise<boolean> {
    if (codebase !== used) return true;
    const info = await readCompanyInfo();
    const current = info?.Codebase;
    if (!current || !/^[\w.]+\/$/.test(current) || current === used) return false;
    codebase = current;
    return true;
  }

  async function call<T>(
    method: PsaRequest['method'],
    path: string,
    answer: z.ZodType<T>,
    { params, body, exact }: CallOptions,
  ): Promise<T> {
    const search = params
      ? `?${new URLSearchParams(Object.entries(params).map(([name, value]): [string, string] => [name, String(value)]))}`
      : '';
    const request = {
      method,
      target: path + search,
      body: body === undefined ? undefined : JSON.stringify(body),
    };
    const response = await sendUntilAccepted(request);
    if (response.status < 200 || response.status > 299 || looksLikeRefusedLogin(response, method)) {
      const error = errorOf(response, { method, url: path }, path);
      // A proxy's error page or a 429 does not show that the login works; these two errors do.
      if (error instanceof PsaRejected || error instanceof PsaRightMissing) loginWorked = true;
      throw error;
    }
    loginWorked = true;
    return readBody(response, method, answer, exact);
  }

  async function readCompanyInfo(): Promise<CompanyInfo> {
    const response = await http.request({
      method: 'GET',
      url: `${origin}/login/companyinfo/${encodeURIComponent(companyId)}`,
      headers: { accept: 'application/json' },
    });
    if (response.status === 404) return null;
    if (response.status !== 200) throw errorOf(response, { method: 'GET', url: '' }, '/login/companyinfo');
    return readBody(response, 'GET', companyInfo);
  }

  return {
    companyId,
    uiOrigin,
    companyInfo: readCompanyInfo,
    get: (path, answer, options = {}) => call('GET', path, answer, options),
    async getAll<T>(path: string, row: z.ZodType<T>, options: CallOptions = {}) {
      const pages: T[][] = [];
      while (pages.length < mostPages) {
        const rows = await call('GET', path, z.array(row).max(pageSize), {
          ...options,
          params: { ...options.params, orderBy: 'id asc', pageSize, page: pages.length + 1 },
        });
        pages.push(rows);
        if (rows.length < pageSize) return pages.flat();
      }
      throw new PsaSurprise(`ConnectWise’s list ${path} does not end.`);
    },
    post: (path, answer, body, options = {}) => call('POST', path, answer, { ...options, body }),
    patch: (path, answer, body, options = {}) => call('PATCH', path, answer, { ...options, body }),
  };
}

function readBody<T>(
  response: PsaResponse,
  method: PsaRequest['method'],
  answer: z.ZodType<T>,
  exact: readonly string[] = [],
): T {
  const surprise = (message: string) => new PsaSurprise(message, { mayHaveBeenCarriedOut: method !== 'GET' });
  let body: unknown;
  try {
    body = exact.length > 0 ? parseExactly(response.text, exact) : JSON.parse(response.text);
  } catch {
    // Without the cause, because it quotes the answer.
    throw surprise('ConnectWise’s answer is not complete JSON.');
  }
  let read: z.ZodSafeParseResult<T>;
  try {
    read = answer.safeParse(body);
  } catch {
    // zod compares the "length" of whatever stands where a list should be: some objects have one that is not a number.
    throw surprise('ConnectWise’s answer does not match its documentation: a list is not a list.');
  }
  if (read.success) return read.data;
  const [{ path, code }] = read.error.issues as [z.core.$ZodIssue];
  throw surprise(
    `ConnectWise’s answer does not match its documentation: ${path.join('.') || 'the whole answer'} (${code}).`,
  );
}
