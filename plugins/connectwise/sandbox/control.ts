import type { ServerResponse } from 'node:http';
import type { Fault } from './faults.js';
import { page } from './page.js';
import type { Sandbox } from './sandbox.js';

interface InjectRequest {
  match?: { method?: string; path?: string; body?: string };
  fault: Fault;
  /** "always", or how many times; by default 1. */
  times?: number | 'always';
  skip?: number;
  /** From 0 to 1; by default 1: every time. */
  chance?: number;
}

/** The sandbox's own endpoints: its page, its state for other processes, and its faults and options. */
export async function answerControl(
  sandbox: Sandbox,
  method: string,
  url: URL,
  text: string,
  response: ServerResponse,
): Promise<boolean> {
  const json = (body: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(body));
    return true;
  };
  switch (`${method} ${url.pathname}`) {
    case 'GET /':
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      });
      response.end(page(sandbox));
      return true;
    case 'GET /sandbox/state':
      return json(state(sandbox));
    case 'GET /sandbox/requests':
      return json({
        total: sandbox.requests.total,
        latest: sandbox.requests.latest(Number(url.searchParams.get('last') ?? 100)),
      });
    case 'DELETE /sandbox/requests':
      sandbox.requests.clear();
      return json({});
    case 'POST /sandbox/faults': {
      const { match = {}, fault, times = 1, skip = 0, chance = 1 } = JSON.parse(text) as InjectRequest;
      sandbox.faults.inject(
        {
          method: match.method === undefined ? undefined : new RegExp(`^(${match.method})$`),
          path: match.path === undefined ? undefined : new RegExp(match.path),
          body: match.body === undefined ? undefined : new RegExp(match.body),
        },
        fault,
        { times: times === 'always' ? Number.POSITIVE_INFINITY : times, skip, chance },
      );
      return json({}, 201);
    }
    case 'DELETE /sandbox/faults':
      sandbox.faults.clear();
      return json({});
    case 'POST /sandbox/options':
      Object.assign(sandbox.options, JSON.parse(text));
      return json(sandbox.options);
    default:
      return false;
  }
}

function state({ store }: Sandbox) {
  return {
    tickets: store.tickets.all().map(ticket => ({ ...ticket, notes: store.textsOf(ticket.id) })),
    additions: store.additions.all().map(addition => ({
      ...addition,
      company: store.agreements.get(addition.agreementId)?.company.name,
      changes: store.changesOf(addition.id),
    })),
  };
}
