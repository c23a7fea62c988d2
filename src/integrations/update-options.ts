import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { isLocalTime } from '../domain/calendar.js';
import {
  type CatchUp,
  type ChosenRecord,
  type Integration,
  type StoredAccessReport,
} from '../domain/integrations/integration.js';
import { nextDigestAt, nextUsageAt } from '../domain/integrations/schedule.js';
import type { Partner } from '../domain/partners/partner.js';
import type { Problem } from '../domain/problem.js';
import { checkAccess, failedChecks } from './check-credentials.js';
import { chooseQueue, type QueueChoice } from './choose-queue.js';
import { lockIntegration } from './lock-integration.js';
import type { PsaConnections } from './psa-connections.js';
import type { PsaLookups } from './psa-lookups.js';

export interface OptionsDependencies {
  connections: PsaConnections;
  now(): Date;
  /** "06:00", in the partner's time zone. */
  usageRunTime: string;
}

interface AlertPrioritiesInput {
  successId?: string | null;
  warningId?: string | null;
  errorId?: string | null;
}

/** A key that is left out stays as it is. */
export interface OptionsInput extends QueueChoice {
  billingEnabled?: boolean | null;
  updateAgreementAdditions?: boolean | null;
  createMissingAdditions?: boolean | null;
  alertPriorities?: AlertPrioritiesInput | null;
  dailyDigestEnabled?: boolean | null;
  dailyDigestTime?: string | null;
  catchUp?: CatchUp | null;
  notificationEmail?: string | null;
}

/** What is to be written: a key that is missing stays as it is. */
type Changes = Partial<
  Pick<
    Integration,
    | 'serviceBoard'
    | 'serviceType'
    | 'serviceSubtype'
    | 'prioritySuccess'
    | 'priorityWarning'
    | 'priorityError'
    | 'billingEnabled'
    | 'updateAgreementAdditions'
    | 'createMissingAdditions'
    | 'dailyDigestEnabled'
    | 'dailyDigestTime'
    | 'catchUp'
    | 'notificationEmail'
    | 'lastCheck'
  >
>;

/**
 * Changes what is given and leaves the rest. Everything is checked first, in the PSA where it has to be;
 * with one userError nothing is saved. Throws PsaError where the PSA cannot be asked.
 */
export async function updateOptions(
  em: EntityManager,
  dependencies: OptionsDependencies,
  lookups: PsaLookups,
  integration: Integration,
  options: OptionsInput,
): Promise<Integration | null | { problems: Problem[] }> {
  const problems: Problem[] = [];
  const changes: Changes = {
    ...readSwitches(options, problems),
    ...readNotificationEmail(options, problems),
    ...(await chooseQueue(lookups, integration, options, problems)),
    ...(await choosePriorities(lookups, integration, options.alertPriorities ?? {}, problems)),
  };
  requireBoard({ ...currentOptions(integration), ...changes }, options, problems);
  if (changes.billingEnabled && !integration.billingEnabled && problems.length === 0) {
    changes.lastCheck = await checkBillingRights(dependencies, integration, problems);
  }
  if (problems.length > 0) return { problems };
  const checkedAgainst = queueOf(integration);
  return em.transactional(async tx => {
    const saved = await lockIntegration(tx, integration.id);
    if (!saved) return null;
    // Board, type and subtype were checked together: with another one's choice between them they may not fit.
    if (queueOf(saved) !== checkedAgainst) {
      const message = 'Somebody else changed the options at the same moment. Load them and choose again.';
      return { problems: [{ field: ['options'], code: 'CHANGED_MEANWHILE', message: message }] };
    }
    applyChanges(saved, changes, await saved.partner.loadOrFail(), dependencies);
    return saved;
  });
}

function queueOf({ serviceBoard, serviceType, serviceSubtype }: Integration): string {
  return JSON.stringify([serviceBoard?.id, serviceType?.id, serviceSubtype?.id]);
}

function currentOptions(integration: Integration): Changes {
  const { serviceBoard, prioritySuccess, priorityWarning, priorityError, dailyDigestEnabled } = integration;
  return { serviceBoard, prioritySuccess, priorityWarning, priorityError, dailyDigestEnabled };
}

const switches = [
  'billingEnabled',
  'updateAgreementAdditions',
  'createMissingAdditions',
  'dailyDigestEnabled',
] as const;

function readSwitches(options: OptionsInput, problems: Problem[]): Changes {
  const changes: Changes = {};
  for (const key of switches) {
    const value = options[key];
    if (value === null) {
      problems.push({
        field: ['options', key],
        code: 'INVALID',
        message: 'Give true or false, or leave it out.',
      });
    } else if (value !== undefined) {
      changes[key] = value;
    }
  }
  if (options.catchUp === null) {
    problems.push({
      field: ['options', 'catchUp'],
      code: 'INVALID',
      message: 'Choose one, or leave it out.',
    });
  } else if (options.catchUp !== undefined) changes.catchUp = options.catchUp;
  const time = options.dailyDigestTime;
  if (time === null || (time !== undefined && !isLocalTime(time))) {
    problems.push({
      field: ['options', 'dailyDigestTime'],
      code: 'INVALID',
      message: 'This is not a time of day such as 07:00, from 00:00 to 23:59.',
    });
  } else if (time !== undefined) {
    changes.dailyDigestTime = time;
  }
  return changes;
}

const emailAddress = z.email().max(254);

function readNotificationEmail({ notificationEmail }: OptionsInput, problems: Problem[]): Changes {
  if (notificationEmail == null) return notificationEmail === null ? { notificationEmail } : {};
  const read = emailAddress.safeParse(notificationEmail.trim());
  if (read.success) return { notificationEmail: read.data };
  problems.push({
    field: ['options', 'notificationEmail'],
    code: 'INVALID',
    message: 'This is not an e-mail address such as service@partner.example. Give one, or null for none.',
  });
  return {};
}

const priorityOf = {
  successId: 'prioritySuccess',
  warningId: 'priorityWarning',
  errorId: 'priorityError',
} as const satisfies Record<keyof AlertPrioritiesInput, keyof Changes>;

async function choosePriorities(
  lookups: PsaLookups,
  integration: Integration,
  input: AlertPrioritiesInput,
  problems: Problem[],
): Promise<Changes> {
  const changes: Changes = {};
  for (const [field, option] of Object.entries(priorityOf) as [
    keyof AlertPrioritiesInput,
    (typeof priorityOf)[keyof AlertPrioritiesInput],
  ][]) {
    const id = input[field];
    if (id === undefined) continue;
    if (id === null) {
      changes[option] = null;
      continue;
    }
    const priority = (await lookups.ticketPriorities(integration)).find(known => known.id === id);
    if (priority) changes[option] = chosen(priority);
    else {
      problems.push({
        field: ['options', 'alertPriorities', field],
        code: 'NOT_FOUND',
        message: 'The PSA has no such ticket priority. Choose one of ticketPriorities.',
      });
    }
  }
  return changes;
}

/** Tickets need a board: those who ask for tickets without one are told, and those who take the board away. */
function requireBoard(after: Changes, options: OptionsInput, problems: Problem[]): void {
  if (after.serviceBoard || problems.some(error => error.field?.includes('serviceBoardId'))) return;
  const wanting = [
    ...(after.dailyDigestEnabled
      ? [{ given: options.dailyDigestEnabled, field: ['dailyDigestEnabled'] }]
      : []),
    ...(Object.keys(priorityOf) as (keyof AlertPrioritiesInput)[])
      .filter(key => after[priorityOf[key]])
      .map(key => ({ given: options.alertPriorities?.[key], field: ['alertPriorities', key] })),
  ];
  for (const { given, field } of wanting) {
    problems.push(
      given
        ? {
            field: ['options', ...field],
            code: 'NO_SERVICE_BOARD',
            message: 'Choose a service board first: this makes tickets.',
          }
        : {
            field: ['options', 'serviceBoardId'],
            code: 'NO_SERVICE_BOARD',
            message: `${field.join('.')} makes tickets, which need a board: switch it off before the board is cleared.`,
          },
    );
  }
}

async function checkBillingRights(
  { connections, now }: OptionsDependencies,
  integration: Integration,
  problems: Problem[],
): Promise<StoredAccessReport> {
  const adapter = connections.adapterFor(integration);
  const report = await checkAccess(adapter, { billing: true }, now());
  problems.push(...failedChecks(report, ['options', 'billingEnabled']));
  return report;
}

function applyChanges(
  integration: Integration,
  changes: Changes,
  partner: Partner,
  { now, usageRunTime }: OptionsDependencies,
): void {
  const before = { ...integration };
  Object.assign(integration, changes);
  const digestMoved =
    before.dailyDigestEnabled !== integration.dailyDigestEnabled ||
    before.dailyDigestTime !== integration.dailyDigestTime;
  if (digestMoved) integration.nextDigestAt = nextDigestAt(integration, partner, now());
  if (before.billingEnabled !== integration.billingEnabled) {
    integration.nextUsageAt = nextUsageAt(integration, partner, usageRunTime, now());
  }
}

function chosen({ id, name }: ChosenRecord): ChosenRecord {
  return { id, name };
}
