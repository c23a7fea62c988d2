#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import {
  CliCheckIntegrationDocument,
  CliCreateTokenDocument,
  CliFailedDeliveriesDocument,
  CliIntegrationsDocument,
  CliRetryDocument,
  CliRevokeTokenDocument,
  Pipeline,
  Role,
} from '../gql/typed.js';
import { apiClient, CliError, expectNoUserErrors, type Send } from './api-client.js';
import { type ReportTotals, reportJobs, reportUsage } from './report.js';
import { runPipeline } from './run-pipeline.js';

if (existsSync('.env')) process.loadEnvFile('.env');

const print = (line: string) => console.log(line);
const program = new Command('psa-bridge')
  .description('Operates PSA Bridge and reports to it, through its public API.')
  .addOption(
    new Option('--url <url>', 'URL of the service').env('PSA_BRIDGE_URL').default('http://127.0.0.1:4000'),
  )
  .addOption(
    new Option('--token <token>', 'API token; safer in the environment variable').env('PSA_BRIDGE_TOKEN'),
  )
  .showHelpAfterError();

const options = () => program.opts<{ url: string; token?: string }>();
const send: Send = (document, variables) => apiClient(options().url, options().token)(document, variables);

const token = program.command('token').description('API tokens');
token
  .command('create')
  .description('creates a token and prints it; it cannot be printed again')
  .requiredOption('--name <name>', 'what it is for')
  .addOption(new Option('--role <role>', 'what it may do').choices(Object.values(Role)).makeOptionMandatory())
  .option('--partner <id>', 'for the role PARTNER')
  .option('--expires <instant>', 'such as 2027-01-01T00:00:00Z')
  .action(async (options: { name: string; role: Role; partner?: string; expires?: string }) => {
    const { createApiToken } = await send(CliCreateTokenDocument, {
      name: options.name,
      role: options.role,
      partnerId: options.partner,
      expiresAt: options.expires,
    });
    expectNoUserErrors(createApiToken.userErrors);
    print(`${createApiToken.token}`);
    console.error(`Token ${createApiToken.id}: store it now, it cannot be shown again.`);
  });
token
  .command('revoke <id>')
  .description('revokes a token immediately')
  .action(async (id: string) => {
    const { revokeApiToken } = await send(CliRevokeTokenDocument, { id });
    expectNoUserErrors(revokeApiToken.userErrors);
    print(`revoked ${revokeApiToken.revokedId}`);
  });

program
  .command('integrations')
  .description('lists the integrations with their status')
  .action(async () => {
    const { integrations } = await send(CliIntegrationsDocument, {});
    for (const { id, status, statusReason, psa, partner } of integrations) {
      print([id, status, `${partner.name} (${partner.externalId})`, psa.name, statusReason ?? ''].join('\t'));
    }
  });

program
  .command('check <integration>')
  .description('checks now every right that the integration needs')
  .action(async (id: string) => {
    const { checkIntegration } = await send(CliCheckIntegrationDocument, { id });
    const { report, userErrors } = checkIntegration;
    if (!report) expectNoUserErrors(userErrors);
    for (const { state, title, required, message, hint } of report?.checks ?? []) {
      print(`${state}\t${title}${required ? '' : ' (not required)'}${message ? `: ${message}` : ''}`);
      if (hint && state === 'FAILED') print(`\t→ ${hint}`);
    }
    if (!report?.ok) process.exitCode = 1;
  });

const pipelineNames = Object.values(Pipeline).map(name => name.toLowerCase());
program
  .command('run <integration>')
  .description('runs a pipeline and waits until it ends')
  .argument('<pipeline>', `one of: ${pipelineNames.join(', ')}`)
  .option('--dry-run', 'only print what a run would do', false)
  .option('--date <date>', 'invoice date (usage), or day to summarize (digest)')
  .option('--wait <seconds>', 'how long to wait for the end of the run', '600')
  .action(
    async (
      integrationId: string,
      name: string,
      options: { dryRun: boolean; date?: string; wait: string },
    ) => {
      const pipeline = Object.values(Pipeline).find(known => known === name.toUpperCase());
      if (!pipeline) throw new CliError(`"${name}" is not one of: ${pipelineNames.join(', ')}.`);
      const { dryRun, date, wait } = options;
      const request = {
        integrationId,
        pipeline,
        dryRun,
        date,
        waitMs: Number(wait) * 1000,
      };
      if (!(await runPipeline(send, request, print))) process.exitCode = 1;
    },
  );

program
  .command('failed <integration>')
  .description('lists the failed deliveries')
  .action(async (integrationId: string) => {
    for (let after: string | null | undefined; ; ) {
      const { integration } = await send(CliFailedDeliveriesDocument, { integrationId, after });
      if (!integration) throw new CliError(`There is no integration ${integrationId}.`);
      for (const { id, kind, summary, lastError } of integration.deliveries.nodes)
        print([id, kind, summary, lastError ?? ''].join('\t'));
      if (!integration.deliveries.pageInfo.hasNextPage) return;
      after = integration.deliveries.pageInfo.endCursor;
    }
  });

program
  .command('retry <integration> [deliveries...]')
  .description('retries failed deliveries: the given ones, or all')
  .action(async (integrationId: string, ids: string[]) => {
    const { retryDeliveries } = await send(CliRetryDocument, {
      integrationId,
      ids: ids.length > 0 ? ids : undefined,
    });
    expectNoUserErrors(retryDeliveries.userErrors);
    print(`${retryDeliveries.retried} to be retried`);
  });

const report = program
  .command('report')
  .description('reports job results or usage from JSON lines on standard input');
report
  .command('jobs')
  .description('finished backup jobs, in the form of the API or as printed by `restic backup --json`')
  .option('--organization <external id>', 'for restic: the organization of the backup')
  .option('--job <name>', 'for restic: the name of the job', 'restic backup')
  .option('--device <name>', 'for restic: the machine that was backed up (default: this host’s name)')
  .action(async (options: { organization?: string; job: string; device?: string }) => {
    const { organization, job: jobName, device } = options;
    const restic = { organization, jobName, device };
    show(await reportJobs(process.stdin, patiently(), restic, () => new Date()));
  });
report
  .command('usage')
  .description('measurements, in the form of the API')
  .action(async () => show(await reportUsage(process.stdin, patiently())));

/** A backup is reported once, so its report waits for an API that is restarting. */
function patiently(): Send {
  return apiClient(options().url, options().token, { patient: true });
}

function show({ accepted, duplicates, rejected }: ReportTotals): void {
  print(`${accepted} accepted, ${duplicates} duplicates, ${rejected.length} rejected`);
  for (const sentence of rejected) console.error(sentence);
  if (rejected.length > 0) process.exitCode = 1;
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CliError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
