import { cpus } from 'node:os';
import { type Stage, setTheStage } from '../support/stage.js';
import { benchFairness } from './fairness.js';
import { benchIdle } from './idle.js';
import { benchIngestion } from './ingestion.js';
import { benchLatency } from './latency.js';
import { benchThroughput } from './throughput.js';
import { benchUsageRun } from './usage-run.js';
import { benchWorkers } from './workers.js';

type Bench = (stage: Stage, print: (line: string) => void) => Promise<void>;

const benches: Record<string, Bench> = {
  ingestion: benchIngestion,
  latency: benchLatency,
  throughput: benchThroughput,
  usage: benchUsageRun,
  workers: benchWorkers,
  fairness: benchFairness,
  idle: benchIdle,
};

/** They bring their own workers, or need none. */
const startsItsOwn = ['ingestion', 'workers', 'idle'];

const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`);
  process.exit(1);
}
console.log(
  `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}; PostgreSQL with default durability, PSA sandbox, API and worker are processes of this one machine`,
);
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${name}`);
  const stage = await setTheStage();
  try {
    if (!startsItsOwn.includes(name)) stage.addWorker();
    await bench(stage, line => console.log(`  ${line}`));
  } finally {
    await stage.close();
  }
}
