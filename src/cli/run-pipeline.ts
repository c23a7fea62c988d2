import { setTimeout as pause } from 'node:timers/promises';
import { CliRunDocument, CliRunPipelineDocument, type Pipeline } from '../gql/typed.js';
import { CliError, expectNoUserErrors, type Send } from './api-client.js';

/** Runs a pipeline, waits until it ends and prints what it did, or would do. Resolves to false if it did not succeed. */
export async function runPipeline(
  send: Send,
  {
    integrationId,
    pipeline,
    dryRun,
    date,
    waitMs,
  }: { integrationId: string; pipeline: Pipeline; dryRun: boolean; date?: string; waitMs: number },
  print: (line: string) => void,
): Promise<boolean> {
  const { runPipeline: started } = await send(CliRunPipelineDocument, {
    integrationId,
    pipeline,
    dryRun,
    date,
  });
  expectNoUserErrors(started.userErrors);
  const id = started.run!.id;
  for (const end = Date.now() + waitMs; ; await pause(250)) {
    const { integration } = await send(CliRunDocument, { integrationId, pipeline });
    const run = integration?.syncRuns.nodes.find(node => node.id === id);
    if (!run) throw new CliError(`The run ${id} no longer exists.`);
    if (run.state === 'RUNNING' && Date.now() < end) continue;
    for (const { organization, summary, before, after } of run.changes.nodes) {
      const quantities = after == null ? '' : `  [${before ?? 'nothing'} → ${after}]`;
      print(`${organization.name}: ${summary}${quantities}`);
    }
    if (run.changes.pageInfo.hasNextPage) print('… and more; the API lists them all.');
    print(
      `${run.state}: ${run.total} in all, ${run.delivered} delivered, ${run.skipped} skipped, ${run.failed} failed`,
    );
    if (run.error) print(run.error);
    return run.state === 'SUCCEEDED';
  }
}
