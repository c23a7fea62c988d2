import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, faults } from '../../plugins/connectwise/sandbox/faults.js';
import { ReportBackupJobsDocument, ReportUsageDocument, RunPipelineDocument } from '../../src/gql/typed.js';
import { ready, type ServiceProcess } from '../support/processes.js';
import { type BenchPartner, jobResults, type Stage } from '../support/stage.js';

export interface KillScenario {
  deliveries: number;
  workers: number;
  /** What is killed, one at a time, at random moments. */
  victims: readonly ('worker' | 'api' | 'database')[];
  kills: number;
  /** Repeats the same moments and victims. */
  seed: number;
}

export interface Survived {
  kills: Record<string, number>;
  seconds: number;
  requests: number;
}

/** Faults of the PSA during the run, and the share of requests that each affects. */
const faultRates: [Fault, number][] = [
  [{ kind: 'reset', when: 'before' }, 0.01],
  [{ kind: 'reset', when: 'during' }, 0.01],
  [{ kind: 'reset', when: 'after' }, 0.01],
  [faults.unavailable(503), 0.005],
  [faults.gatewayTimeoutAfterWrite(), 0.01],
  [faults.tooManyRequests(1), 0.003],
  [{ kind: 'truncate' }, 0.005],
];

export async function injectFaults({ sandbox }: Stage): Promise<void> {
  for (const [fault, chance] of faultRates) {
    await fetch(`${sandbox.url}/sandbox/faults`, {
      method: 'POST',
      body: JSON.stringify({
        match: { method: 'POST|PATCH', path: 'tickets$|additions' },
        fault,
        times: 'always',
        chance,
      }),
    });
  }
}

/** mulberry32: small, and the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Reports job results as a platform does that repeats every call without an answer. */
export async function reportAll(stage: Stage, partner: BenchPartner, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 50) {
    const jobs = jobResults(partner, Math.min(50, left), 20);
    for (;;) {
      const answer = await stage.client.send(ReportBackupJobsDocument, { jobs }).catch(() => undefined);
      const { accepted = 0, duplicates = 0 } = answer?.data?.reportBackupJobs ?? {};
      if (accepted + duplicates === jobs.length) break;
      await pause(100);
    }
  }
}

/**
 * Makes everything that waits for another attempt due now. Leases run out by themselves. A job that failed stays in Agenda's
 * table without a next run; it does not count as one that waits.
 */
export async function makeRetriesDue(stage: Stage): Promise<void> {
  await stage.sql(
    `update delivery set next_attempt_at = now() where state = 'PENDING' and next_attempt_at > now()`,
  );
  await stage.sql('update integration set resting_until = null where resting_until is not null');
  await stage.sql(
    `update agenda_jobs set locked_at = null, next_run_at = now()
     where locked_at < now() - interval '3 seconds' or (name = 'deliver' and locked_at is null and next_run_at > now())`,
  );
  await stage.sql(
    `insert into agenda_jobs (name, next_run_at, data)
     select 'deliver', now(), jsonb_build_object('integrationId', i.id) from integration i
     where exists (select 1 from delivery d where d.integration_id = i.id and d.state = 'PENDING')
       and not exists (select 1 from agenda_jobs j where j.name = 'deliver' and j.locked_at is null and j.next_run_at is not null)`,
  );
}

/** Ends the transactions of frozen processes, as `idle_in_transaction_session_timeout` does. */
async function endIdleTransactions(stage: Stage): Promise<void> {
  await stage.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where state = 'idle in transaction' and state_change < now() - interval '3 seconds'`,
  );
}

/** Reports and delivers while processes die; returns when nothing is pending any more. */
export async function endure(stage: Stage, scenario: KillScenario): Promise<Survived> {
  const random = seeded(scenario.seed);
  const partner = await stage.addPartner(`endure-${scenario.seed}-${scenario.workers}`, 20);
  const workers: ServiceProcess[] = Array.from({ length: scenario.workers }, () => stage.addWorker());
  const kills: Record<string, number> = {};
  const began = performance.now();
  await injectFaults(stage);
  let reported = false;
  let over = false;
  let doing = 'nothing yet';

  const reporting = reportAll(stage, partner, scenario.deliveries).then(() => {
    reported = true;
  });
  const killing = (async () => {
    for (let n = 0; n < scenario.kills && !over; n += 1) {
      await pause(200 + random() * 1_300);
      const victim = scenario.victims[Math.floor(random() * scenario.victims.length)]!;
      kills[victim] = (kills[victim] ?? 0) + 1;
      doing = `kill ${n + 1}, of ${victim}`;
      if (victim === 'worker') {
        const at = Math.floor(random() * workers.length);
        const killed = workers[at]!;
        workers[at] = stage.addWorker();
        await killed.stop('SIGKILL');
      } else if (victim === 'api') {
        await stage.api().stop('SIGKILL');
        await ready(stage.url, stage.startApi());
      } else await stage.crashDatabase();
      // A process that cannot continue must exit, so that it is started again; it must not hang.
      for (const [at, worker] of workers.entries())
        if (worker.process.exitCode !== null) workers[at] = stage.addWorker();
      if (stage.api().process.exitCode !== null) await ready(stage.url, stage.startApi());
    }
    doing = 'no more kills';
  })();
  const passing = (async () => {
    const open = async () => {
      await makeRetriesDue(stage);
      return (
        await stage.sql<{ n: number }>(
          `select count(*)::int as n from delivery where state in ('PENDING', 'FAILED')`,
        )
      )[0]!.n;
    };
    for (let left = 1; left > 0; ) {
      await pause(500);
      left = await open().catch(() => 1); // the database may be down just now
      if (!reported) left = 1;
      if ((performance.now() - began) / 1_000 > 600)
        throw new Error(
          `stuck with ${left} open, ${reported ? '' : 'not '}all reported, ${doing}: ${workers.map(w => w.log().slice(-500))}`,
        );
    }
    over = true;
  })();
  await Promise.all([reporting, killing, passing]);
  await Promise.all(workers.map(worker => worker.stop()));
  const { total } = (await (await fetch(`${stage.sandbox.url}/sandbox/requests?last=1`)).json()) as {
    total: number;
  };
  return { kills, seconds: (performance.now() - began) / 1_000, requests: total };
}

/**
 * Bills so many organizations, half of them without an addition yet, while workers are killed. Returns what is then in
 * the PSA: each company's quantities.
 */
export async function endureBilling(
  stage: Stage,
  seed: number,
  companies: number,
  kills: number,
): Promise<Map<string, number[]>> {
  const random = seeded(seed);
  const from = 1_001 - companies / 2; // the sandbox's first thousand have an addition
  const partner = await stage.addPartner(`billing-${seed}`, companies, stage.sandbox, from);
  const measuredAt = new Date(Date.now() - 40 * 24 * 3_600_000).toISOString();
  await stage.client.ask(ReportUsageDocument, {
    records: Array.from({ length: companies }, (_, n) => ({
      organizationExternalId: `${partner.externalId}-${n + 1}`,
      usageType: 'Backup Usage',
      quantity: `${from + n}.25`,
      measuredAt,
    })),
  });
  let worker = stage.addWorker();
  await injectFaults(stage);
  const lastInvoiceDate = `${measuredAt.slice(0, 8)}01`;
  const next = new Date(`${lastInvoiceDate}T00:00:00Z`);
  next.setUTCMonth(next.getUTCMonth() + 1);
  await stage.client.ask(RunPipelineDocument, {
    integrationId: partner.integrationId,
    pipeline: 'USAGE',
    date: next.toISOString().slice(0, 10),
  });
  const left = async () =>
    (
      await stage.sql<{ n: number }>(
        `select (select count(*) from delivery where state in ('PENDING', 'FAILED'))::int
           + (select count(*) from sync_run where planned_at is null and state = 'RUNNING')::int as n`,
      )
    )[0]!.n;
  for (let killed = 0; (await left()) > 0; ) {
    await pause(300 + random() * 700);
    if (killed < kills) {
      await worker.stop('SIGKILL');
      worker = stage.addWorker();
      killed += 1;
    }
    await makeRetriesDue(stage);
    await stage.sql(
      `insert into agenda_jobs (name, next_run_at, data)
       select 'usage', now(), jsonb_build_object('integrationId', integration_id) from sync_run
       where planned_at is null and state = 'RUNNING' and not exists (
         select 1 from agenda_jobs where name = 'usage' and (locked_at is not null or next_run_at is not null))`,
    );
  }
  await worker.stop();
  const { additions } = (await (await fetch(`${stage.sandbox.url}/sandbox/state`)).json()) as {
    additions: { company: string; quantity: number }[];
  };
  const held = Map.groupBy(additions, ({ company }) => company);
  return new Map(
    Array.from({ length: companies }, (_, n) => `Customer ${String(from + n).padStart(4, '0')}`).map(name => [
      name,
      (held.get(name) ?? []).map(({ quantity }) => quantity),
    ]),
  );
}

/**
 * Freezes the worker that delivers, in the middle of it, until another has delivered the rest; then it wakes up and
 * both continue. Returns how many times it froze one that was processing deliveries.
 */
export async function endureFreezes(
  stage: Stage,
  seed: number,
  freezes: number,
  waitForIdleTransactions: boolean,
): Promise<number> {
  const random = seeded(seed);
  const partner = await stage.addPartner(`frozen-${seed}`, 20);
  await stage.sandbox.setLatency(20);
  await injectFaults(stage);
  const workers = [stage.addWorker(), stage.addWorker()];
  const pending = async () =>
    (await stage.sql<{ n: number }>(`select count(*)::int as n from delivery where state = 'PENDING'`))[0]!.n;
  const allDelivered = async () => {
    while ((await pending()) > 0) {
      await makeRetriesDue(stage);
      if (!waitForIdleTransactions) await endIdleTransactions(stage);
      await pause(200);
    }
  };
  let frozenInTheMiddle = 0;
  while (frozenInTheMiddle < freezes) {
    await reportAll(stage, partner, 200);
    for (let looks = 1; (await pending()) > 150; looks += 1) {
      if (looks % 200 === 0) await makeRetriesDue(stage);
      await pause(5);
    }
    await pause(random() * 100);
    const [lease] = await stage.sql<{ owner: string }>(
      `select owner from lease where name = 'deliver:${partner.integrationId}' and until > now()`,
    );
    const holder = workers.find(({ process }) => lease?.owner.endsWith(`:${process.pid}`));
    holder?.process.kill('SIGSTOP');
    if (holder && (await pending()) > 20) frozenInTheMiddle += 1;
    await allDelivered();
    holder?.process.kill('SIGCONT');
  }
  await allDelivered();
  await Promise.all(workers.map(worker => worker.stop()));
  return frozenInTheMiddle;
}

export interface Found {
  /** Deliveries without a ticket. */
  missing: string[];
  /** References that stand on more than one ticket. */
  twice: string[];
  /** References of tickets that belong to no delivery. */
  unexpected: string[];
  /** Sync runs whose counts are not their deliveries'. */
  miscounted: string[];
}

/** Compares the deliveries with what is in the PSA. */
export async function compareWithPsa(stage: Stage): Promise<Found> {
  const { tickets } = (await (await fetch(`${stage.sandbox.url}/sandbox/state`)).json()) as {
    tickets: { externalXRef?: string }[];
  };
  const copies = new Map<string, number>();
  for (const { externalXRef = 'none' } of tickets)
    copies.set(externalXRef, (copies.get(externalXRef) ?? 0) + 1);
  const delivered = await stage.sql<{ reference: string }>(
    `select 'psa-bridge-' || id as reference from delivery where kind <> 'USAGE' and state = 'DELIVERED'`,
  );
  const references = new Set(delivered.map(({ reference }) => reference));
  const miscounted = await stage.sql<{ id: string }>(
    `select r.id from sync_run r left join delivery d on d.run_id = r.id group by r.id
     having r.total <> count(d.id) or r.delivered <> count(d.id) filter (where d.state = 'DELIVERED')
       or r.skipped <> count(d.id) filter (where d.state = 'SKIPPED') or r.failed <> count(d.id) filter (where d.state = 'FAILED')`,
  );
  return {
    missing: [...references].filter(reference => !copies.has(reference)),
    twice: [...copies].filter(([, count]) => count > 1).map(([reference]) => reference),
    unexpected: [...copies.keys()].filter(reference => !references.has(reference)),
    miscounted: miscounted.map(({ id }) => id),
  };
}

export const clean: Found = { missing: [], twice: [], unexpected: [], miscounted: [] };
