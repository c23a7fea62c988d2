import { ReportBackupJobsDocument } from '../../src/gql/typed.js';
import { type BenchPartner, delivered, jobResults, type Stage, timed } from '../support/stage.js';
import { figure } from './figures.js';

const integrations = 16;
const each = 200;

/** Tickets each second with 1, 2 and 4 workers, for 16 integrations whose PSA takes 50 ms. */
export async function benchWorkers(stage: Stage, print: (line: string) => void): Promise<void> {
  const partners: BenchPartner[] = [];
  for (let n = 0; n < integrations; n += 1) partners.push(await stage.addPartner(`workers-${n}`, 20));
  await stage.sandbox.setLatency(50);
  const rate = async () => {
    for (const partner of partners) await partner.pause();
    for (const partner of partners) {
      await stage.client.ask(ReportBackupJobsDocument, { jobs: jobResults(partner, each, 20) });
    }
    const seconds = await timed(async () => {
      await Promise.all(partners.map(partner => partner.resume()));
      await delivered(stage.db);
    });
    return (integrations * each) / seconds;
  };
  let one = 0;
  let workers = 0;
  for (const wanted of [1, 2, 4]) {
    while (workers < wanted) {
      stage.addWorker();
      workers += 1;
    }
    await rate(); // warming up
    const now = await rate();
    one ||= now;
    print(
      `${wanted} ${wanted === 1 ? 'worker' : 'workers'}: ${figure(now)} tickets/s (${figure(now / one)} of one worker's)`,
    );
  }
}
