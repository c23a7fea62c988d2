import { setTimeout as pause } from 'node:timers/promises';
import { ReportUsageDocument, RunPipelineDocument, SyncRunsDocument } from '../../src/gql/typed.js';
import { type Stage, timed } from '../support/stage.js';
import { figure } from './figures.js';

const organizations = 1_000;

/** Requests to the PSA, and time, of a usage run of 1,000 mapped organizations: each with a new quantity, then with none. */
export async function benchUsageRun(stage: Stage, print: (line: string) => void): Promise<void> {
  const { client, sandbox } = stage;
  const partner = await stage.addPartner('usage', organizations);
  const measure = (externalId: string, quantity: string, measuredAt: string) => ({
    organizationExternalId: externalId,
    usageType: 'Backup Usage',
    quantity,
    measuredAt,
  });
  await client.ask(ReportUsageDocument, {
    records: Array.from({ length: organizations }, (_, n) =>
      measure(`${partner.externalId}-${n + 1}`, `${100 + n}.5`, '2026-10-15T00:00:00Z'),
    ),
  });
  for (const what of ['every quantity new', 'every quantity right already']) {
    await fetch(`${sandbox.url}/sandbox/requests`, { method: 'DELETE' });
    const seconds = await timed(async () => {
      const { runPipeline } = await client.ask(RunPipelineDocument, {
        integrationId: partner.integrationId,
        pipeline: 'USAGE',
        date: '2026-11-01',
      });
      for (;;) {
        const { integration } = await client.ask(SyncRunsDocument, {
          id: partner.integrationId,
          pipeline: 'USAGE',
        });
        const run = integration!.syncRuns.nodes.find(node => node.id === runPipeline.run!.id)!;
        if (run.state === 'SUCCEEDED') return;
        if (run.state !== 'RUNNING') throw new Error(JSON.stringify(run));
        await pause(50);
      }
    });
    const requests = (await (await fetch(`${sandbox.url}/sandbox/requests?last=5000`)).json()) as {
      total: number;
      latest: { method: string; path: string }[];
    };
    const count = (method: string, path: RegExp) =>
      requests.latest.filter(row => row.method === method && path.test(row.path)).length;
    print(
      `${organizations.toLocaleString('en')} organizations, ${what}: ${requests.total.toLocaleString('en')} requests (${count('GET', /additions/)} to read additions, ${count('PATCH', /additions/)} to write them, ${requests.total - count('GET', /additions/) - count('PATCH', /additions/)} others) in ${figure(seconds)} s`,
    );
  }
  print(
    `  reference: with one request to read, one to write and one to read back each, ${(3 * organizations).toLocaleString('en')} is the least; ConnectWise has no list of additions across agreements`,
  );
}
