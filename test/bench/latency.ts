import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { SANDBOX_LOGIN } from '../../plugins/connectwise/sandbox/seed.js';
import { ReportBackupJobsDocument } from '../../src/gql/typed.js';
import { figure, percentile } from './figures.js';
import { delivered, jobResults, type Stage } from './stage.js';

/**
 * From the call that reports a result to its ticket in the PSA, while nothing else happens. The sandbox tells of
 * the ticket by a ConnectWise callback; the reference is the same callback after a bare POST of a ticket.
 */
export async function benchLatency(stage: Stage, print: (line: string) => void): Promise<void> {
  const { client, db, sandbox } = stage;
  const partner = await stage.addPartner('latency', 1);
  const arrivals = createServer((request, response) => {
    response.end();
    arrivals.emit('ticket', performance.now());
    request.resume();
  });
  arrivals.listen(0, '127.0.0.1');
  await once(arrivals, 'listening');
  const { companyId, keys } = SANDBOX_LOGIN;
  const headers = {
    authorization: `Basic ${Buffer.from(`${companyId}+${keys.username}:${keys.password}`).toString('base64')}`,
    'content-type': 'application/json',
  };
  const api = `${sandbox.url}/v4_6_release/apis/3.0`;
  const callback = await fetch(`${api}/system/callbacks`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      url: `http://127.0.0.1:${(arrivals.address() as AddressInfo).port}/?recordId=`,
      type: 'Ticket',
      level: 'Owner',
      objectId: 1,
    }),
  });
  const { id } = (await callback.json()) as { id: number };
  const once1 = async (send: () => Promise<unknown>) => {
    const arrival = once(arrivals, 'ticket') as Promise<[number]>;
    const began = performance.now();
    await Promise.all([send(), arrival]);
    return (await arrival)[0] - began;
  };
  for (const latency of [0, 50]) {
    await sandbox.setLatency(latency);
    const ours: number[] = [];
    const bare: number[] = [];
    for (let n = 0; n < 105; n += 1) {
      await pause(20 + Math.random() * 80); // not in step with anything that ticks
      const result = await once1(() =>
        client.ask(ReportBackupJobsDocument, { jobs: jobResults(partner, 1, 1) }),
      );
      await delivered(db);
      const post = await once1(() =>
        fetch(`${api}/service/tickets`, {
          method: 'POST',
          headers,
          body: JSON.stringify({ summary: 'bare', company: { id: 250 }, board: { id: 1 } }),
        }),
      );
      if (n < 5) continue; // warming up
      ours.push(result);
      bare.push(post);
    }
    const of = (values: number[]) =>
      `p50 ${figure(percentile(values, 0.5))} ms, p95 ${figure(percentile(values, 0.95))} ms`;
    print(`PSA latency ${latency} ms: result to ticket ${of(ours)}; a bare POST ${of(bare)}`);
  }
  await sandbox.setLatency(0);
  await fetch(`${api}/system/callbacks/${id}`, { method: 'DELETE', headers });
  arrivals.close();
}
