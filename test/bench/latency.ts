import { setTimeout as pause } from 'node:timers/promises';
import { ReportBackupJobsDocument } from '../../src/gql/typed.js';
import { delivered, jobResults, type Stage } from '../support/stage.js';
import { apiOf, listenForTickets, sandboxHeaders } from './arrivals.js';
import { figure, percentile } from './figures.js';

/**
 * From the call that reports a result to its ticket in the PSA, while nothing else happens, beside a bare POST of
 * a ticket.
 */
export async function benchLatency(stage: Stage, print: (line: string) => void): Promise<void> {
  const { client, db, sandbox } = stage;
  const partner = await stage.addPartner('latency', 1);
  const arrivals = await listenForTickets(sandbox);
  for (const latency of [0, 50]) {
    await sandbox.setLatency(latency);
    const ours: number[] = [];
    const bare: number[] = [];
    for (let n = 0; n < 105; n += 1) {
      await pause(20 + Math.random() * 80); // not in step with anything that ticks
      const result = await arrivals.after(() =>
        client.ask(ReportBackupJobsDocument, { jobs: jobResults(partner, 1, 1) }),
      );
      await delivered(db);
      const post = await arrivals.after(() =>
        fetch(`${apiOf(sandbox)}/service/tickets`, {
          method: 'POST',
          headers: sandboxHeaders,
          body: JSON.stringify({ summary: 'bare', company: { id: 250 }, board: { id: 1 } }),
        }),
      );
      if (n < 5) continue; // warming up
      ours.push(result);
      bare.push(post);
    }
    print(
      `PSA latency ${latency} ms: result to ticket ${shown(ours)}; a bare POST ${shown(bare)}; p95 above PSA latency ${figure(percentile(ours, 0.95) - latency)} ms`,
    );
  }
  await arrivals.stop();
}

export const shown = (values: number[]) =>
  `p50 ${figure(percentile(values, 0.5))} ms, p95 ${figure(percentile(values, 0.95))} ms`;
