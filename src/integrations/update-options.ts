import type { EntityManager } from '@mikro-orm/postgresql';
import type { Integration, StoredAccessReport } from '../domain/integrations/integration.js';
import { unmetRequirements } from '../domain/integrations/option-requirements.js';
import type { OptionsInput, OptionValues } from '../domain/integrations/options.js';
import { type ReadOptions, readOptions } from '../domain/integrations/read-options.js';
import { rescheduleMoved } from '../domain/integrations/reschedule.js';
import type { Schedule } from '../domain/integrations/schedule.js';
import type { Partner } from '../domain/partners/partner.js';
import type { Problem } from '../domain/problem.js';
import { checkAccess, failedChecks } from './check-credentials.js';
import { choosePriorities } from './choose-priorities.js';
import { chooseQueue } from './choose-queue.js';
import { lockIntegration } from './lock-integration.js';
import type { PsaConnections } from './psa-connections.js';
import type { PsaLookups } from './psa-lookups.js';
import { unsupportedOptions } from './unsupported-options.js';

export interface OptionsDependencies {
  connections: PsaConnections;
  lookups: PsaLookups;
  now(): Date;
  schedules: readonly Schedule[];
}

/**
 * Changes the options that are given and leaves the rest. Everything is checked first, in the PSA where it has to be;
 * with one problem nothing is saved. Null where the integration was disconnected meanwhile. Throws PsaError where the
 * PSA does not answer.
 */
export async function updateOptions(
  em: EntityManager,
  dependencies: OptionsDependencies,
  integration: Integration,
  input: OptionsInput,
): Promise<Integration | null | { problems: Problem[] }> {
  const plugin = dependencies.connections.plugins.get(integration.psa);
  const unsupported = plugin ? unsupportedOptions(plugin, input) : [];
  if (unsupported.length > 0) return { problems: unsupported };
  const { changes, problems } = await readChanges(dependencies.lookups, integration, input);
  let report: StoredAccessReport | undefined;
  if (problems.length === 0 && changes.billingEnabled && !integration.billingEnabled) {
    const adapter = dependencies.connections.adapterFor(integration);
    report = await checkAccess(adapter, { billing: true }, dependencies.now());
    problems.push(...failedChecks(report, ['options', 'billingEnabled']));
  }
  if (problems.length > 0) return { problems };
  const checkedAgainst = queueOf(integration);
  return em.transactional(async tx => {
    const saved = await lockIntegration(tx, integration.id);
    if (!saved) return null;
    // Board, type and subtype were checked together: with another person's choice between them they may not fit.
    if (queueOf(saved) !== checkedAgainst) return { problems: [changedMeanwhile] };
    applyChanges(saved, changes, await saved.partner.loadOrFail(), dependencies);
    if (report) saved.lastCheck = report;
    return saved;
  });
}

async function readChanges(
  lookups: PsaLookups,
  integration: Integration,
  input: OptionsInput,
): Promise<ReadOptions> {
  const reads = [
    readOptions(input),
    await chooseQueue(lookups, integration, input),
    await choosePriorities(lookups, integration, input.alertPriorities ?? {}),
  ];
  const changes: Partial<OptionValues> = Object.assign({}, ...reads.map(read => read.changes));
  const problems = reads.flatMap(read => read.problems);
  // A board that was rejected is one problem, not one more for each option that needs it.
  const rejectedBoard = problems.some(({ field }) => field.includes('serviceBoardId'));
  if (!rejectedBoard) problems.push(...unmetRequirements({ ...integration, ...changes }, input));
  return { changes, problems };
}

const changedMeanwhile: Problem = {
  field: ['options'],
  code: 'CHANGED_MEANWHILE',
  message: 'Another person changed the options at the same moment. Load them and choose again.',
};

function queueOf({ serviceBoard, serviceType, serviceSubtype }: Integration): string {
  return JSON.stringify([serviceBoard?.id, serviceType?.id, serviceSubtype?.id]);
}

/** Sets the options, and with them when the next runs are due. */
function applyChanges(
  integration: Integration,
  changes: Partial<OptionValues>,
  partner: Partner,
  { now, schedules }: OptionsDependencies,
): void {
  const before = { ...integration };
  Object.assign(integration, changes);
  rescheduleMoved(integration, before, partner, { now: now(), schedules });
}
