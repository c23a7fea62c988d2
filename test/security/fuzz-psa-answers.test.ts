import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SANDBOX_SOLUTION } from '../../plugins/connectwise/sandbox/seed.js';
import { type Sandbox, startSandbox } from '../../plugins/connectwise/sandbox/server.js';
import type { BillingTarget, PsaAdapter } from '../../src/psa/adapter.js';
import { PsaError } from '../../src/psa/errors.js';
import { connectWise, type Outside, psaEnvironment } from '../support/on-sandbox.js';
import { fuzzing } from './fuzz.js';

let sandbox: Sandbox;
let liar: Server;
let site: string;
let outside: Outside;
let target: BillingTarget;
/** What is done to the sandbox's honest answers, in turn; the last one stays. */
let lies: Lie[] = [];
/** The last answer that went out, as text. */
let told = { status: 0, text: '' };

beforeAll(async () => {
  sandbox = await startSandbox();
  liar = createServer((request, response) => void lie(request, response));
  await new Promise<void>(done => liar.listen(0, '127.0.0.1', done));
  site = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
  outside = psaEnvironment(['127.0.0.1:*'], { timeoutMs: 2_000 });
  const [company] = await adapter().findCompaniesByName(['PM Customer #1']);
  request.companyId = company!.id;
  const [place] = await adapter().resolveBillingTargets([request], {
    createMissing: true,
    onDate: '2026-11-23',
  });
  if (place?.state !== 'RESOLVED') throw new Error(JSON.stringify(place));
  target = place.target;
});

afterAll(async () => {
  await outside.close();
  liar.closeAllConnections();
  liar.close();
  await sandbox.close();
});

const adapter = (): PsaAdapter => connectWise(site, { ...outside, solutionName: SANDBOX_SOLUTION });
const request = { companyId: '', usageType: 'Backup Usage', level: 'Default' };
const period = { start: '2026-10-23', end: '2026-11-22' };

type Lie =
  | { kind: 'honest' }
  | { kind: 'answer'; status: number; contentType: string; body: string }
  | { kind: 'bend'; status?: number; bends: Bend[] }
  | { kind: 'cut'; at: number };

/** One change somewhere in a JSON value: the how-manieth value of it, and what becomes of it. */
interface Bend {
  at: number;
  into: 'nothing' | 'null' | 'text' | 'number' | 'list' | 'object' | 'negative' | 'huge' | 'twice';
}

async function lie(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const current = (lies.length > 1 ? lies.shift() : lies[0]) ?? { kind: 'honest' };
  if (current.kind === 'answer') {
    told = { status: current.status, text: current.body };
    response.writeHead(current.status, { 'content-type': current.contentType });
    return void response.end(current.status === 204 || current.status === 304 ? undefined : current.body);
  }
  const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
  const honest = await fetch(`http://${sandbox.host}${request.url}`, {
    method: request.method,
    headers: headers as Record<string, string>,
    body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
  });
  let text = await honest.text();
  if (current.kind === 'cut') text = text.slice(0, Math.floor(text.length * current.at));
  if (current.kind === 'bend') text = bend(text, current.bends);
  const status = (current.kind === 'bend' ? current.status : undefined) ?? honest.status;
  told = { status, text };
  response.writeHead(status, {
    'content-type': honest.headers.get('content-type') ?? 'application/json',
  });
  response.end(text);
}

function bend(text: string, bends: Bend[]): string {
  let value: unknown;
  try {
    value = { whole: JSON.parse(text) };
  } catch {
    return text;
  }
  for (const { at, into } of bends) {
    const places: [Record<string, unknown>, string][] = [];
    const walk = (node: unknown) => {
      if (typeof node !== 'object' || node === null) return;
      for (const key of Object.keys(node)) {
        places.push([node as Record<string, unknown>, key]);
        walk((node as Record<string, unknown>)[key]);
      }
    };
    walk(value);
    if (places.length === 0) break;
    const [node, key] = places[at % places.length]!;
    if (into === 'nothing') delete node[key];
    else if (into === 'twice') node[key] = [node[key], node[key]];
    else
      node[key] = {
        null: null,
        text: 'something else',
        number: 7,
        list: [],
        object: {},
        negative: -1,
        huge: 1e300,
      }[into];
  }
  return JSON.stringify((value as { whole?: unknown }).whole) ?? '';
}

const anyBend: fc.Arbitrary<Bend> = fc.record({
  at: fc.nat(5_000),
  into: fc.constantFrom('nothing', 'null', 'text', 'number', 'list', 'object', 'negative', 'huge', 'twice'),
});
const anyStatus = fc.constantFrom(
  200,
  201,
  204,
  301,
  302,
  304,
  400,
  401,
  403,
  404,
  405,
  409,
  415,
  429,
  500,
  502,
  503,
  504,
  520,
);
const anyLie: fc.Arbitrary<Lie> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Lie>({ kind: 'honest' }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('bend' as const),
      bends: fc.array(anyBend, { minLength: 1, maxLength: 3 }),
      status: fc.option(anyStatus, { nil: undefined, freq: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('cut' as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      status: anyStatus,
      contentType: fc.constantFrom('application/json', 'text/html', ''),
      body: fc.oneof(
        fc.json(),
        fc.string(),
        fc.constantFrom(
          '',
          '[]',
          '{}',
          'null',
          '<html>Sign in</html>',
          '{"errors":{}}',
          '{"errors":[null]}',
          '{"message":{}}',
        ),
      ),
    }),
  },
);

const isId = (id: unknown) => typeof id === 'string' && /^[1-9]\d*$/.test(id);
const isText = (text: unknown) => typeof text === 'string';
const references = (rows: { id: string; name: string }[]) =>
  rows.every(({ id, name }) => isId(id) && isText(name));

/** Every question of an adapter, and what a good answer looks like. */
const questions: Record<string, (psa: PsaAdapter) => Promise<boolean>> = {
  checkAccess: async psa =>
    (await psa.checkAccess({ billing: true })).every(({ id, state }) => isText(id) && isText(state)),
  listServiceBoards: async psa => references(await psa.listServiceBoards()),
  listServiceTypes: async psa =>
    (await psa.listServiceTypes('1')).every(({ id, subtypes }) => isId(id) && references(subtypes)),
  listTicketPriorities: async psa => references(await psa.listTicketPriorities()),
  findCompanies: async psa => references((await psa.findCompanies({ first: 10 })).nodes),
  getCompanies: async psa => references(await psa.getCompanies(['2', '3'])),
  findCompaniesByName: async psa => references(await psa.findCompaniesByName(['PM Customer #1'])),
  listBillingLevels: async psa =>
    (await psa.listBillingLevels()).every(({ level, usageType }) => isText(level) && isText(usageType)),
  findTickets: async psa =>
    (await psa.findTickets(['psa-bridge-1'])).every(
      ({ id, reference }) => isId(id) && reference === 'psa-bridge-1',
    ),
  resolveBillingTargets: async psa => {
    const options = { createMissing: true, onDate: '2026-11-23' };
    const [place, ...more] = await psa.resolveBillingTargets([request], options);
    if (place!.state === 'UNRESOLVED') return more.length === 0 && isText(place!.message);
    const { key, quantity } = place!.target;
    return isText(key) && (quantity === null || /^-?\d+(\.\d+)?$/.test(quantity));
  },
  // What is not shown by the answer is not claimed.
  createTicket: async psa => {
    const { id } = await psa.createTicket({
      reference: 'psa-bridge-fuzz',
      summary: 'Fuzz',
      body: 'Fuzz',
      companyId: '2',
    });
    return told.status >= 200 && told.status < 300 && String(JSON.parse(told.text).id) === id;
  },
  setBilledQuantity: async psa => {
    const outcome = await psa.setBilledQuantity(target, '12.5', period);
    if (outcome.state === 'REFUSED') return isText(outcome.message);
    const shown = JSON.parse(told.text);
    const row = Array.isArray(shown)
      ? shown.find(({ id }: { id: number }) => String(id) === outcome.recordId)
      : shown;
    return outcome.after === '12.5' && String(row.id) === outcome.recordId && row.quantity === 12.5;
  },
};

describe('whatever a PSA answers', () => {
  it.each(Object.entries(questions))(
    '%s comes back with a good answer or one of the errors that adapters may throw',
    async (_name, ask) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyLie, { minLength: 1, maxLength: 4 }), async chosen => {
          lies = chosen;
          const psa = adapter();
          const good = await ask(psa).catch(error => {
            if (error instanceof PsaError) return true;
            throw error;
          });
          expect(good).toBe(true);
        }),
        fuzzing,
      );
    },
    60_000,
  );
});
