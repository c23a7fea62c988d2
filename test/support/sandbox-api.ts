import type { Sandbox, SandboxOptions } from '../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_LOGIN } from '../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../plugins/connectwise/sandbox/server.js';

export interface ApiAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; undefined when it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  json: any;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  login?: { username: string; password: string };
  company?: string;
  codebase?: string;
  query?: Record<string, string | number>;
}

export interface SandboxApi extends Sandbox {
  /** Sends one request as a plain HTTP client would, with the seeded API keys unless others are given. */
  call(method: string, path: string, options?: CallOptions): Promise<ApiAnswer>;
  get(path: string, query?: Record<string, string | number>, options?: CallOptions): Promise<ApiAnswer>;
}

/** A sandbox, and plain HTTP requests to it. */
export async function startSandboxApi(options: SandboxOptions = {}): Promise<SandboxApi> {
  const sandbox = await startSandbox(options);
  const call: SandboxApi['call'] = async (method, path, request = {}) => {
    const { username, password } = request.login ?? SANDBOX_LOGIN.keys;
    const company = request.company ?? SANDBOX_LOGIN.companyId;
    const query = request.query
      ? `?${new URLSearchParams(Object.entries(request.query).map(([name, value]): [string, string] => [name, String(value)]))}`
      : '';
    const answer = await fetch(
      `${sandbox.url}/${request.codebase ?? 'v4_6_release'}/apis/3.0${path}${query}`,
      {
        method,
        headers: {
          authorization: `Basic ${Buffer.from(`${company}+${username}:${password}`).toString('base64')}`,
          clientid: '00000000-0000-4000-8000-000000000001',
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...request.headers,
        },
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
      },
    );
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: parsed(text) };
  };
  return Object.assign(sandbox, {
    call,
    get: (path: string, query: CallOptions['query'] = {}, more: CallOptions = {}) =>
      call('GET', path, { ...more, query }),
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
