import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from './api-error.js';
import { identify } from './authentication.js';
import { CallbackDelivery } from './callbacks.js';
import { answerControl } from './control.js';
import { UploadedForm } from './documents.js';
import { type Fault, Faults } from './faults.js';
import { RequestLog } from './request-log.js';
import { type ApiAnswer, answer } from './routes.js';
import type { Sandbox, SandboxOptions } from './sandbox.js';
import { seed } from './seed.js';
import { SandboxStore } from './store.js';

const codebases = ['v4_6_release', 'v2025_1'];

/** Starts a sandbox of ConnectWise PSA: its REST API with a partner's data, in memory. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const store = new SandboxStore();
  const sandbox: Sandbox = {
    url: '',
    host: '',
    store,
    callbacks: new CallbackDelivery({
      store,
      url: () => sandbox.url,
      now: () => options.now?.() ?? new Date(),
      pauses: options.callbackPausesMs,
    }),
    faults: new Faults(),
    requests: new RequestLog(),
    options,
    goDown: () =>
      new Promise(done => {
        server.close(() => done());
        server.closeAllConnections();
      }),
    comeBack: () => listen(server, Number(new URL(sandbox.url).port), options.host),
    changeCertificate: tls => {
      if ('setSecureContext' in server) server.setSecureContext(tls);
      server.closeAllConnections();
    },
    close() {
      sandbox.callbacks.stop();
      return sandbox.goDown();
    },
  };
  seed(sandbox.store, options.seed ?? 'awkward');
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    serve(sandbox, request, response).catch(error => {
      if (!response.headersSent)
        send(response, 500, { code: 'ConnectWiseApi', message: String(error), errors: null });
      else response.destroy();
    });
  };
  const server = options.tls ? createSecureServer(options.tls, listener) : createServer(listener);
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port ?? 0, options.host);
  const { port } = server.address() as AddressInfo;
  sandbox.host = `${options.host ?? '127.0.0.1'}:${port}`;
  sandbox.url = `${options.tls ? 'https' : 'http'}://${sandbox.host}`;
  return sandbox;
}

function listen(server: Server, port: number, host = '127.0.0.1'): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, host, () => done());
  });
}

async function serve(sandbox: Sandbox, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const bytes = await bodyOf(request);
  const text = bytes.toString('utf8');
  const companyInfo = /^\/login\/companyinfo\/([^/]+)$/i.exec(url.pathname);
  if (companyInfo) return sendCompanyInfo(sandbox, decodeURIComponent(companyInfo[1]!), response);
  if (/\/system\/callbackkey\/index\.rails$/.test(url.pathname)) {
    const key = sandbox.callbacks.signingKey(url.searchParams.get('id') ?? '');
    return key === undefined
      ? sendHtml(response, 404, 'Not Found')
      : send(response, 200, { signing_key: key });
  }
  const api = /^\/([^/]+)\/apis\/3\.0(\/.*)$/.exec(url.pathname);
  if (!api) {
    if (await answerControl(sandbox, request.method ?? 'GET', url, text, response)) return;
    return sendHtml(response, 404, 'Not Found');
  }
  await serveApi(sandbox, { request, response, url, bytes, text, codebase: api[1]!, path: api[2]! });
}

interface ApiCall {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  bytes: Buffer;
  text: string;
  codebase: string;
  path: string;
}

async function serveApi(sandbox: Sandbox, call: ApiCall): Promise<void> {
  const { request, response, url, text, path } = call;
  const { options, requests, store } = sandbox;
  const method = request.method ?? 'GET';
  const fault = sandbox.faults.take(method, path, text);
  const identity = identify(store, request.headers, options);
  response.on('close', () =>
    requests.add({
      method,
      path,
      query: url.search,
      urlLength: request.url?.length ?? 0,
      user: 'credential' in identity ? identity.credential.user : '',
      status: response.writableFinished ? response.statusCode : 0,
      at: (options.now?.() ?? new Date()).toISOString(),
    }),
  );
  const latency = (options.latencyMs ?? 0) + (fault?.kind === 'latency' ? fault.ms : 0);
  if (latency > 0) await pause(latency);
  if (fault && before(fault, response)) return;
  if (
    !codebases.includes(call.codebase) ||
    (fault?.kind === 'upgraded' && call.codebase === 'v4_6_release')
  ) {
    return sendHtml(response, 404, 'Not Found');
  }
  if (options.uiHost)
    return send(response, 403, { code: 'Security', message: 'SSL is required.', errors: null });
  const result = 'refusal' in identity ? identity.refusal : await run(sandbox, call, identity.credential);
  if (fault && after(fault, response, result)) return;
  if ('html' in result) return sendHtml(response, result.status, result.html);
  send(response, result.status, result.body, { ...contentType(request), ...result.headers });
}

async function run(
  sandbox: Sandbox,
  call: ApiCall,
  credential: SandboxStore['credentials'][number],
): Promise<ApiAnswer | { status: number; html: string }> {
  const { request, url, path } = call;
  const { store, options } = sandbox;
  if ((request.url?.length ?? 0) > 10_000) return { status: 414, html: 'URI Too Long' };
  try {
    const found = answer({
      store,
      credential,
      method: request.method ?? 'GET',
      path: path.replace(/\/$/, ''),
      query: url.searchParams,
      url: request.url ?? '/',
      body: await readBody(call),
      callbacks: sandbox.callbacks,
      forwardOnly: request.headers['pagination-type'] === 'forward-only',
      now: `${(options.now?.() ?? new Date()).toISOString().slice(0, 19)}Z`,
      keptDecimals: options.keptDecimals,
      echoes: options.echoes ?? false,
      parentListsChildren: options.parentListsChildren ?? false,
      subPaths: options.patchSubPaths ?? 'ignored',
    });
    return found ?? { status: 404, html: 'The resource you are looking for has been removed.' };
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: error.body };
    throw error;
  }
}

function readBody({ request, bytes, text }: ApiCall): unknown {
  const contentType = request.headers['content-type'] ?? '';
  if (contentType.startsWith('multipart/form-data')) return UploadedForm.read(bytes, contentType);
  return text === '' ? undefined : readJson(text);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, {
      code: 'InvalidObject',
      message: 'The request body is not valid JSON.',
      errors: null,
    });
  }
}

/** Applies a fault before the request is processed; true if that was the answer. */
function before(fault: Fault, response: ServerResponse): boolean {
  if (fault.kind === 'reset' && fault.when === 'before') response.destroy();
  else if (fault.kind === 'status')
    send(response, fault.status, fault.body, {
      'content-type': 'application/json',
      ...(fault.contentType ? { 'content-type': fault.contentType } : {}),
      ...fault.headers,
    });
  else return fault.kind === 'hang' && fault.when === 'before';
  return true;
}

/** Applies a fault after the work is done; true if that was the answer. */
function after(
  fault: Fault,
  response: ServerResponse,
  result: ApiAnswer | { status: number; html: string },
): boolean {
  const text = JSON.stringify('html' in result ? result.html : result.body) ?? '';
  switch (fault.kind) {
    case 'reset':
      if (fault.when === 'during') {
        response.writeHead(result.status, { 'content-length': text.length });
        response.write(text.slice(0, text.length / 2), () => response.destroy());
      } else response.destroy();
      return true;
    case 'hang':
      return true;
    case 'statusAfter':
      send(response, fault.status, fault.body, { 'content-type': fault.contentType ?? 'application/json' });
      return true;
    case 'truncate':
      send(response, result.status, text.slice(0, Math.max(1, text.length - 20)));
      return true;
    case 'slowBody':
      void slowly(response, result.status, text, fault.ms);
      return true;
    default:
      return false;
  }
}

async function slowly(response: ServerResponse, status: number, text: string, ms: number): Promise<void> {
  response.writeHead(status, { 'content-type': 'application/json' });
  const parts = 10;
  for (let part = 0; part < parts && !response.destroyed; part += 1) {
    response.write(text.slice((part * text.length) / parts, ((part + 1) * text.length) / parts));
    await pause(ms / parts);
  }
  response.end();
}

/** Answers have the vendor's media type on request. */
function contentType(request: IncomingMessage): Record<string, string> {
  const accept = request.headers.accept ?? '';
  const vendor = /application\/vnd\.connectwise\.com\+json[^,]*/.exec(accept)?.[0];
  return { 'content-type': `${vendor ?? 'application/json'}; charset=utf-8` };
}

function sendCompanyInfo({ store, host }: Sandbox, company: string, response: ServerResponse): void {
  const known = company === store.companyId;
  send(
    response,
    200,
    known
      ? {
          CompanyName: 'Sandbox MSP',
          Codebase: 'v2025_1/',
          VersionCode: 'v2025.1',
          VersionNumber: 'v4.6.91234',
          CompanyID: company,
          IsCloud: true,
          SiteUrl: host,
        }
      : null,
  );
}

function send(
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
): void {
  const text =
    typeof body === 'string' || body instanceof Buffer
      ? body
      : status === 204
        ? undefined
        : JSON.stringify(body, leaveOutNulls);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'x-cw-request-id': randomUUID(),
    ...headers,
  });
  response.end(text);
}

/** ConnectWise leaves out nulls; a body that is null itself stays. */
function leaveOutNulls(key: string, value: unknown): unknown {
  return key !== '' && key !== 'errors' && value === null ? undefined : value;
}

function sendHtml(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end(
    `<!DOCTYPE html><html><head><title>${status} - ${text}</title></head><body><h1>${text}</h1></body></html>`,
  );
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
