import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startSandbox } from '../../plugins/connectwise/sandbox/server.js';
import { readConfig } from '../../src/config/config.js';
import { startService } from '../../src/service.js';
import { gatherEvidence } from './evidence.js';
import { playStory } from './story.js';

// npm run demo            plays a partner's first day and leaves everything open to look at
// npm run demo -- --once  plays it, prints what is in the PSA, and ends; 0 only if all that is expected is there
const once = process.argv.includes('--once');
const print = (line = '') => console.log(line);
const logStep = (step: string, outcome: string) => print(`  ${`${step} `.padEnd(66, '.')} ${outcome}`);

const dataDir = mkdtempSync(join(tmpdir(), 'psa-bridge-demo-'));
chmodSync(dataDir, 0o755);

print('\nPSA Bridge: a demonstration. Nothing leaves this machine.\n');
const sandbox = await startSandbox({ port: once ? 0 : Number(process.env.SANDBOX_PORT ?? 4010) });
logStep('The ConnectWise sandbox starts', sandbox.url);
const config = readConfig({
  PORT: once ? '0' : (process.env.PORT ?? '4000'),
  DATA_DIR: dataDir,
  PSA_ALLOWED_HOSTS: sandbox.host,
  LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
});
const service = await startService(config, { logger: pino({ level: config.process.logLevel }) });
logStep('PSA Bridge starts: PostgreSQL, API and worker', service.url!);

async function stop(code: number): Promise<never> {
  await service.stop();
  await sandbox.close();
  rmSync(dataDir, { recursive: true, force: true });
  process.exit(code);
}

try {
  const operatorToken = service.newOperatorToken!;
  const played = await playStory(
    { url: service.url!, operatorToken, sandboxHost: sandbox.host },
    new Date(),
    logStep,
  );
  const { tickets, additions, problems } = await gatherEvidence(sandbox, service.url!, played);

  print(`\nIn ConnectWise there are now ${tickets.length} tickets (board, priority, company, summary):`);
  for (const ticket of tickets) print(`  ${ticket}`);
  print(
    `\nand ${additions.length} agreement additions with a new quantity (company, product, before → after):`,
  );
  for (const addition of additions) print(`  ${addition}`);
  if (problems.length > 0) {
    print('\nBut something is wrong:');
    for (const problem of problems) print(`  ${problem}`);
    await stop(1);
  }
  print('\nEverything that is expected is there, exactly once.');
  if (once) await stop(0);

  print(`
Look around:
  ${service.url}/playground   the API; put this into its headers:
                                    {"Authorization": "Bearer ${played.partnerToken}"}
                                    (as the operator: ${operatorToken})
  ${sandbox.url}/             the sandbox's own page: tickets, additions, requests

Ctrl+C ends it and removes its data.`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));
} catch (error) {
  console.error(error);
  await stop(1);
}
