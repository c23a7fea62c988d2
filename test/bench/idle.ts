import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from '../support/stage.js';
import { figure } from './figures.js';

const integrations = 1_000;
const seconds = 60;

/** CPU and memory of a worker that has 1,000 connected integrations and nothing to do, over a minute. */
export async function benchIdle(stage: Stage, print: (line: string) => void): Promise<void> {
  await stage.addPartner('idle', 1);
  await stage.db.query(
    `insert into partner (external_id, name, time_zone, invoice_day)
     select 'idle-' || n, 'idle-' || n, 'UTC', 1 from generate_series(1, $1) as n`,
    [integrations - 1],
  );
  await stage.db.query(
    `insert into integration select (jsonb_populate_record(i, jsonb_build_object(
       'id', uuid_v7(), 'partner_id', p.id, 'daily_digest_enabled', true, 'next_digest_at', now() + interval '1 day'))).*
     from integration i, partner p where p.external_id like 'idle-%'`,
  );
  const worker = stage.addWorker();
  await pause(5_000);
  const before = usage(worker.process.pid!);
  await pause(seconds * 1_000);
  const after = usage(worker.process.pid!);
  print(
    `${integrations.toLocaleString('en')} integrations, nothing due: ${figure((100 * (after.cpuSeconds - before.cpuSeconds)) / seconds)} % of one core, ${Math.round(after.residentMiB)} MiB resident`,
  );
}

/** From /proc: 100 ticks a second, pages of 4 KiB. */
function usage(pid: number): { cpuSeconds: number; residentMiB: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    residentMiB: (Number(fields[21]) * 4_096) / 2 ** 20,
  };
}
