import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { hostileJson, hostileText } from './fuzzing.js';

/** How a real answer is changed on its way. */
export type Strike =
  | { kind: 'untouched' }
  /** The n-th node of the JSON gets another value, is removed, or gets one more member. */
  | { kind: 'edit'; edits: { place: number; op: 'replace' | 'remove' | 'add'; value: unknown }[] }
  /** Other JSON altogether. */
  | { kind: 'body'; body: unknown }
  | { kind: 'raw'; text: string; contentType: string }
  | { kind: 'cut'; share: number }
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: unknown }
  | { kind: 'reset' }
  | { kind: 'hang' }
  /** The same rows, as often as pages are asked for. */
  | { kind: 'endless'; rows: number };

const status = fc.oneof(
  fc.constantFrom(200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504, 520),
  fc.integer({ min: 200, max: 599 }),
);

const headers = fc.dictionary(
  fc.constantFrom('retry-after', 'content-type', 'location', 'link', 'content-encoding', 'x-anything'),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '5',
    '9'.repeat(30),
    'Fri, 31 Dec 9999 23:59:59 GMT',
    'text/html',
    'application/json; charset=utf-16',
    'gzip',
    'http://169.254.169.254/',
    'x'.repeat(2_000),
  ),
  { noNullPrototype: true },
);

/** As ConnectWise's own error bodies, with members of any form. */
const errorBody = fc.record(
  {
    code: fc.oneof(fc.constantFrom('NotFound', 'InvalidObject', 'Security'), hostileJson),
    message: fc.oneof(
      fc.constantFrom(
        'timeout',
        'SSL is required',
        'clientId',
        'not found',
        'again in 99999999999999999 seconds',
      ),
      hostileJson,
    ),
    errors: fc.oneof(
      fc.array(fc.oneof(fc.record({ field: hostileJson, message: hostileJson }), hostileJson), {
        maxLength: 3,
      }),
      hostileJson,
    ),
  },
  { requiredKeys: [] },
);

export const strike: fc.Arbitrary<Strike> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Strike>({ kind: 'untouched' }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      edits: fc.array(
        fc.record({
          place: fc.nat(5_000),
          op: fc.constantFrom('replace' as const, 'remove' as const, 'add' as const),
          value: hostileJson,
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('body' as const), body: hostileJson }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('raw' as const),
      text: fc.oneof(
        hostileText,
        fc.constantFrom(
          '<html>Log in</html>',
          '{"id":1e400}',
          '{"id":',
          '[[[[',
          '['.repeat(50_000),
          '\ufeff[]',
        ),
      ),
      contentType: fc.constantFrom('application/json', 'text/html', ''),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('cut' as const),
      share: fc.double({ min: 0, max: 0.99, noNaN: true }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      status,
      headers,
      body: fc.oneof(errorBody, hostileJson),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Strike>({ kind: 'reset' }) },
  { weight: 1, arbitrary: fc.constant<Strike>({ kind: 'hang' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('endless' as const),
      rows: fc.constantFrom(1, 999, 1_000, 1_001),
    }),
  },
);

/** One request that writes, and the answer that the adapter received for it. */
export interface Write {
  carriedOut: boolean;
  strike: Strike['kind'];
  status: number;
  /** Undefined where no whole answer was sent. */
  text: string | undefined;
}

export interface ChangingProxy {
  /** "127.0.0.1:4711" */
  host: string;
  /** The changes to the answers from now on, in turn. */
  strikes: readonly Strike[];
  /** Since `strikes` was set last. */
  writes: Write[];
  reads: string[];
  close(): Promise<void>;
}

/** A proxy that passes on a real site's answers, changed. */
export async function startChangingProxy(origin: string): Promise<ChangingProxy> {
  let strikes: readonly Strike[] = [];
  let asked = 0;
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _, connection: __, ...ownHeaders } = request.headers;
    const real = await fetch(`${origin}${request.url}`, {
      method: request.method,
      headers: ownHeaders as Record<string, string>,
      body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
    });
    const text = await real.text();
    const next: Strike = strikes.length > 0 ? strikes[asked % strikes.length]! : { kind: 'untouched' };
    asked += 1;
    const shown = change(next, real.status, real.headers.get('content-type') ?? '', text);
    if (request.method === 'GET') proxy.reads.push(shown.text ?? '');
    else
      proxy.writes.push({ carriedOut: real.ok, strike: next.kind, status: shown.status, text: shown.text });
    send(response, next, shown);
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const proxy: ChangingProxy = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get strikes() {
      return strikes;
    },
    set strikes(all) {
      strikes = all;
      asked = 0;
      proxy.writes = [];
      proxy.reads = [];
    },
    writes: [],
    reads: [],
    close: () =>
      new Promise(done => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

interface Shown {
  status: number;
  headers: Record<string, string>;
  text: string | undefined;
}

function change(strike: Strike, status: number, type: string, text: string): Shown {
  const headers = { 'content-type': type };
  switch (strike.kind) {
    case 'edit':
      return { status, headers, text: edited(text, strike.edits) };
    case 'body':
      return { status, headers, text: JSON.stringify(strike.body) };
    case 'raw':
      return { status, headers: { 'content-type': strike.contentType }, text: strike.text };
    case 'answer':
      return { status: strike.status, headers: strike.headers, text: JSON.stringify(strike.body) };
    case 'endless': {
      const rows: unknown = parsed(text);
      const row = Array.isArray(rows) && rows.length > 0 ? rows[0] : { id: 1, name: 'again' };
      return { status: 200, headers, text: JSON.stringify(Array(strike.rows).fill(row)) };
    }
    case 'reset':
    case 'hang':
    case 'cut':
      return { status, headers, text: undefined };
    case 'untouched':
      return { status, headers, text };
  }
}

function send(response: ServerResponse, strike: Strike, { status, headers, text }: Shown): void {
  if (strike.kind === 'hang') return;
  if (strike.kind === 'reset') {
    response.destroy();
    return;
  }
  if (strike.kind === 'cut') {
    response.writeHead(status, { ...headers, 'content-length': '1000' });
    response.write('['.padEnd(1 + Math.floor(900 * strike.share)));
    setImmediate(() => response.destroy());
    return;
  }
  response.writeHead(status, headers);
  response.end(status === 204 || status === 304 ? undefined : text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Container = Record<string | number, unknown>;

function edited(text: string, edits: Extract<Strike, { kind: 'edit' }>['edits']): string {
  const root: Container = { root: parsed(text) };
  for (const { place, op, value } of edits) {
    const places: [Container, string][] = [];
    const walk = (holder: Container) => {
      for (const key of Object.keys(holder)) {
        places.push([holder, key]);
        if (typeof holder[key] === 'object' && holder[key] !== null) walk(holder[key] as Container);
      }
    };
    walk(root);
    const [holder, key] = places[place % places.length] ?? [root, 'root'];
    if (op === 'replace') holder[key] = structuredClone(value);
    else if (op === 'remove') {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
    } else if (Array.isArray(holder)) holder.push(structuredClone(value));
    else holder.extra = structuredClone(value);
  }
  return JSON.stringify(root.root) ?? '';
}
