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

/** Releases 2022.1 to 2025.1 share everything that we use; a server answers an old version for as long as it knows it. */
const accept = 'application/vnd.connectwise.com+json; version=2022.1';
/** The router to the current release, on cloud hosts too. */
const anyRelease = 'v4_6_release/';
const pageSize = 1_000;
/** Far more than any list that we read has; a server whose pages never end must not keep us for ever. */
const mostPages = 300;

export interface CallOptions {
  params?: Record<string, string | number>;
  body?: unknown;
  /** Members whose numbers are read exactly, as text. */
  exact?: readonly string[];
}

/**
 * One ConnectWise account over REST. Throws only what src/psa/errors.ts holds: an answer that is not as its schema says
 * is a PsaSurprise.
 */
export interface ConnectWiseClient {
  readonly companyId: string;
  readonly uiOrigin: string;
  get<T>(path: string, answer: z.ZodType<T>, options?: CallOptions): Promise<T>;
  /** All pages of a collection. */
  getAll<T>(path: string, row: z.ZodType<T>, options?: CallOptions): Promise<T[]>;
  post<T>(path: string, answer: z.ZodType<T>, body: unknown, options?: CallOptions): Promise<T>;
  patch<T>(path: string, answer: z.ZodType<T>, body: unknown, options?: CallOptions): Promise<T>;
  /** Asks, without credentials, whether the site knows the company; null if it does not. */
  companyInfo(): Promise<CompanyInfo>;
}

/**
 * `credentials` are those of the form: API member keys or an integrator login. Which of the two they are shows
 * only when they are used: keys are tried first, then the integrator's header, and what works is remembered.
 */
export function connectWiseClient(credentials: Credentials, environment: PsaEnvironment): ConnectWiseClient {
  const { http, clientId } = environment;
  const { companyId = '', username = '', password = '' } = credentials;
  const site = readSite(credentials.site ?? '');
  if (!site) throw new Error('the stored site is none');
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

  /** A refused login was not carried out, so sending again is safe, also for writes. */
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
    // It worked before: perhaps the cloud was upgraded, and this codebase is gone.
    if (response.status === 404 && (await codebaseMoved(usedCodebase))) response = await send(request);
    return response;
  }

  /** Whether there is another one than `used`; several requests may find that out at the same time. */
  async function codebaseMoved(used: string): Promise<boolean> {
    if (codebase !== used) return true;
    const info = await askCompanyInfo();
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
      // A proxy's error page or a 429 says nothing about the login; these two do.
      if (error instanceof PsaRejected || error instanceof PsaRightMissing) loginWorked = true;
      throw error;
    }
    loginWorked = true;
    return readBody(response, method, answer, exact);
  }

  async function askCompanyInfo(): Promise<CompanyInfo> {
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
    companyInfo: askCompanyInfo,
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
      throw new PsaSurprise(`ConnectWise’s list ${path} has no end.`);
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
  const surprise = (words: string) => new PsaSurprise(words, { mayHaveBeenCarriedOut: method !== 'GET' });
  let body: unknown;
  try {
    body = exact.length > 0 ? parseExactly(response.text, exact) : JSON.parse(response.text);
  } catch {
    // Not with its cause, which quotes the answer.
    throw surprise('ConnectWise’s answer is no whole JSON.');
  }
  const read = answer.safeParse(body);
  if (read.success) return read.data;
  const [{ path, code }] = read.error.issues as [z.core.$ZodIssue];
  throw surprise(
    `ConnectWise’s answer is not as its documentation says: ${path.join('.') || 'the whole of it'} (${code}).`,
  );
}
