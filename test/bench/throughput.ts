import { ManageAPI } from 'connectwise-rest';
import pMap from 'p-map';
import { Pool } from 'undici';
import { SANDBOX_LOGIN } from '../../plugins/connectwise/sandbox/seed.js';
import { type BackupJobInput, ReportBackupJobsDocument } from '../../src/gql/typed.js';
import { delivered, jobResults, type Stage, timed } from '../support/stage.js';
import { figure, median } from './figures.js';

const concurrency = 8;
const { companyId, keys } = SANDBOX_LOGIN;
const authorization = `Basic ${Buffer.from(`${companyId}+${keys.username}:${keys.password}`).toString('base64')}`;

function ticketOf(job: BackupJobInput) {
  return {
    summary: `Backup failed: ${job.device} (${job.jobName}) - Customer 0001`,
    recordType: 'ServiceTicket' as const,
    company: { id: 250 },
    board: { id: 1 },
    type: { id: 100 },
    priority: { id: 1 },
    externalXRef: `bare-${job.externalId}`,
    initialDescription: `Customer 0001\n${job.message}\nStarted ${job.startedAt}, ended ${job.endedAt}`,
    automaticEmailContactFlag: false,
    automaticEmailCcFlag: false,
  };
}

/** Posts the tickets as fast as undici can, and stores and checks nothing. */
async function bareLoop(origin: string, jobs: BackupJobInput[]): Promise<void> {
  const pool = new Pool(origin, { connections: concurrency, pipelining: 1 });
  await pMap(
    jobs,
    async job => {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: '/v4_6_release/apis/3.0/service/tickets',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(ticketOf(job)),
      });
      await body.text();
      if (statusCode !== 201) throw new Error(`${statusCode}`);
    },
    { concurrency },
  );
  await pool.close();
}

/** What an MSP would write in its own script. */
async function connectWiseRestLoop(host: string, jobs: BackupJobInput[]): Promise<void> {
  const manage = new ManageAPI({
    companyId,
    companyUrl: host,
    publicKey: keys.username,
    privateKey: keys.password,
    clientId: 'bench',
    logger: () => {},
  });
  // It always speaks https; the sandbox of this benchmark does not.
  const { instance } = manage.ServiceAPI as unknown as { instance: { defaults: { baseURL: string } } };
  instance.defaults.baseURL = instance.defaults.baseURL.replace('https:', 'http:');
  await pMap(jobs, job => manage.ServiceAPI.postServiceTickets(ticketOf(job)), { concurrency });
}

/**
 * Tickets each second from the report to the stored outcome, beside the bare undici loop and the loop that an
 * MSP would write in its own script with connectwise-rest; same tickets, same sandbox, eight at once, rounds interleaved.
 */
export async function benchThroughput(stage: Stage, print: (line: string) => void): Promise<void> {
  const { client, db, sandbox } = stage;
  const customers = 20;
  const partner = await stage.addPartner('throughput', customers);
  const report = async (jobs: BackupJobInput[]) => {
    await client.ask(ReportBackupJobsDocument, { jobs });
  };
  await report(jobResults(partner, 200, customers));
  await delivered(db);
  for (const latency of [0, 50]) {
    await sandbox.setLatency(latency);
    const count = latency === 0 ? 4_000 : 1_600;
    const rates: Record<'bare' | 'ownScript' | 'ours' | 'backlog', number[]> = {
      bare: [],
      ownScript: [],
      ours: [],
      backlog: [],
    };
    for (let round = 0; round < 3; round += 1) {
      const fresh = () => jobResults(partner, count, customers);
      rates.bare.push(count / (await timed(() => bareLoop(sandbox.url, fresh()))));
      rates.ownScript.push(count / (await timed(() => connectWiseRestLoop(sandbox.host, fresh()))));
      const jobs = fresh();
      rates.ours.push(
        count /
          (await timed(async () => {
            await report(jobs);
            await delivered(db);
          })),
      );
      await partner.pause();
      await report(fresh());
      rates.backlog.push(
        count /
          (await timed(async () => {
            await partner.resume();
            await delivered(db);
          })),
      );
    }
    const bare = median(rates.bare);
    const line = (what: string, rate: number) => `${what} ${figure(rate)}/s (ratio ${figure(rate / bare)})`;
    print(
      `PSA latency ${latency} ms: ${line('report to outcome', median(rates.ours))}, ${line('backlog to outcome', median(rates.backlog))}; bare undici loop ${figure(bare)}/s, ${line('connectwise-rest loop', median(rates.ownScript))}`,
    );
  }
  await sandbox.setLatency(0);
}
