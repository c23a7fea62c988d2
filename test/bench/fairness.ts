import { setTimeout as pause } from 'node:timers/promises';
import pMap from 'p-map';
import { ReportBackupJobsDocument } from '../../src/gql/typed.js';
import { type BenchPartner, jobResults, type Stage } from '../support/stage.js';
import { listenForTickets } from './arrivals.js';
import { figure, percentile } from './figures.js';
import { shown } from './latency.js';

const integrations = 198;
const backlog = 50_000;

/**
 * 200 integrations: one with 50,000 due deliveries at a PSA that takes 20 s an answer, one whose login is refused.
 * The others' time from result to ticket, beside what it is without those two.
 */
export async function benchFairness(stage: Stage, print: (line: string) => void): Promise<void> {
  const { client } = stage;
  const names = Array.from({ length: integrations }, (_, n) => `fair-${n}`);
  const others = await pMap(names, name => stage.addPartner(name, 1), { concurrency: 4 });
  const arrivals = await listenForTickets(stage.sandbox);
  const sample = async () => {
    const values: number[] = [];
    for (const partner of others.slice(0, 110)) {
      await pause(20 + Math.random() * 80);
      values.push(
        await arrivals.after(() => client.ask(ReportBackupJobsDocument, { jobs: jobResults(partner, 1, 1) })),
      );
    }
    return values.slice(10);
  };
  const alone = await sample();

  const crawling = await stage.addSandbox();
  const locked = await stage.addSandbox();
  const load = async (partner: BenchPartner, count: number) => {
    for (let n = 0; n < count; n += 10_000) {
      await client.ask(ReportBackupJobsDocument, { jobs: jobResults(partner, Math.min(count, 10_000), 20) });
    }
  };
  const slow = await stage.addPartner('slow', 20, crawling);
  const refused = await stage.addPartner('refused', 20, locked);
  await crawling.setLatency(20_000);
  await fetch(`${locked.url}/sandbox/faults`, {
    method: 'POST',
    body: JSON.stringify({
      times: 'always',
      fault: {
        kind: 'status',
        status: 401,
        body: '{"code":"Unauthorized","message":"Unauthorized","errors":null}',
      },
    }),
  });
  await load(slow, backlog);
  await load(refused, 1_000);
  const beside = await sample();
  await arrivals.stop();
  await crawling.setLatency(0);
  print(
    `${integrations} integrations alone: ${shown(alone)}; beside ${backlog.toLocaleString('en')} due at a PSA of 20 s and a refused login: ${shown(beside)}; ratio of p50 ${figure(percentile(beside, 0.5) / percentile(alone, 0.5))}, of p95 ${figure(percentile(beside, 0.95) / percentile(alone, 0.95))}`,
  );
}
