import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import type { ApiDependencies } from '../api/context.js';
import type { AlertPrioritiesInput, IntegrationOptionsInput } from '../api/integrations/inputs.js';
import { type UserError, userError } from '../api/user-error.js';
import { isLocalTime } from '../domain/calendar.js';
import {
  type ChosenRecord,
  Integration,
  type StoredAccessReport,
} from '../domain/integrations/integration.js';
import { nextDigestAt, nextUsageAt } from '../domain/integrations/schedule.js';
import type { Partner } from '../domain/partners/partner.js';
import { checkAccess, failedChecks } from './check-credentials.js';
import { chooseQueue } from './choose-queue.js';
import type { PsaLookups } from './psa-lookups.js';

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
  app: ApiDependencies,
  lookups: PsaLookups,
  integration: Integration,
  options: IntegrationOptionsInput,
): Promise<{ integration: Integration } | { userErrors: UserError[] }> {
  const userErrors: UserError[] = [];
  const changes: Changes = {
    ...readSwitches(options, userErrors),
    ...readNotificationEmail(options, userErrors),
    ...(await chooseQueue(lookups, integration, options, userErrors)),
    ...(await choosePriorities(lookups, integration, options.alertPriorities ?? {}, userErrors)),
  };
  requireBoard({ ...currentOptions(integration), ...changes }, options, userErrors);
  if (changes.billingEnabled && !integration.billingEnabled && userErrors.length === 0) {
    changes.lastCheck = await checkBillingRights(app, integration, userErrors);
  }
  if (userErrors.length > 0) return { userErrors };
  const checkedAgainst = queueOf(integration);
  return em.transactional(async tx => {
    const saved = await tx.findOneOrFail(
      Integration,
      { id: integration.id },
      { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
    );
    // Board, type and subtype were checked together: with another one's choice between them they may not fit.
    if (queueOf(saved) !== checkedAgainst) {
      const message = 'Somebody else changed the options at the same moment. Load them and choose again.';
      return { userErrors: [userError(['options'], 'CHANGED_MEANWHILE', message)] };
    }
    applyChanges(saved, changes, await saved.partner.loadOrFail(), app);
    return { integration: saved };
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

function readSwitches(options: IntegrationOptionsInput, userErrors: UserError[]): Changes {
  const changes: Changes = {};
  for (const key of switches) {
    const value = options[key];
    if (value === null) {
      userErrors.push(userError(['options', key], 'INVALID', 'Give true or false, or leave it out.'));
    } else if (value !== undefined) {
      changes[key] = value;
    }
  }
  if (options.catchUp === null) {
    userErrors.push(userError(['options', 'catchUp'], 'INVALID', 'Choose one, or leave it out.'));
  } else if (options.catchUp !== undefined) changes.catchUp = options.catchUp;
  const time = options.dailyDigestTime;
  if (time === null || (time !== undefined && !isLocalTime(time))) {
    userErrors.push(
      userError(
        ['options', 'dailyDigestTime'],
        'INVALID',
        'This is not a time of day such as 07:00, from 00:00 to 23:59.',
      ),
    );
  } else if (time !== undefined) {
    changes.dailyDigestTime = time;
  }
  return changes;
}

const emailAddress = z.email().max(254);

function readNotificationEmail(
  { notificationEmail }: IntegrationOptionsInput,
  userErrors: UserError[],
): Changes {
  if (notificationEmail == null) return notificationEmail === null ? { notificationEmail } : {};
  const read = emailAddress.safeParse(notificationEmail.trim());
  if (read.success) return { notificationEmail: read.data };
  userErrors.push(
    userError(
      ['options', 'notificationEmail'],
      'INVALID',
      'This is not an e-mail address such as service@partner.example. Give one, or null for none.',
    ),
  );
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
  userErrors: UserError[],
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
      userErrors.push(
        userError(
          ['options', 'alertPriorities', field],
          'NOT_FOUND',
          'The PSA has no such ticket priority. Choose one of ticketPriorities.',
        ),
      );
    }
  }
  return changes;
}

/** Tickets need a board: those who ask for tickets without one are told, and those who take the board away. */
function requireBoard(after: Changes, options: IntegrationOptionsInput, userErrors: UserError[]): void {
  if (after.serviceBoard || userErrors.some(error => error.field?.includes('serviceBoardId'))) return;
  const wanting = [
    ...(after.dailyDigestEnabled
      ? [{ given: options.dailyDigestEnabled, field: ['dailyDigestEnabled'] }]
      : []),
    ...(Object.keys(priorityOf) as (keyof AlertPrioritiesInput)[])
      .filter(key => after[priorityOf[key]])
      .map(key => ({ given: options.alertPriorities?.[key], field: ['alertPriorities', key] })),
  ];
  for (const { given, field } of wanting) {
    userErrors.push(
      given
        ? userError(
            ['options', ...field],
            'NO_SERVICE_BOARD',
            'Choose a service board first: this makes tickets.',
          )
        : userError(
            ['options', 'serviceBoardId'],
            'NO_SERVICE_BOARD',
            `${field.join('.')} makes tickets, which need a board: switch it off before the board is cleared.`,
          ),
    );
  }
}

async function checkBillingRights(
  app: ApiDependencies,
  integration: Integration,
  userErrors: UserError[],
): Promise<StoredAccessReport> {
  const adapter = app.connections.adapterFor(integration);
  const report = await checkAccess(adapter, { billing: true }, app.now());
  userErrors.push(...failedChecks(report, ['options', 'billingEnabled']));
  return report;
}

function applyChanges(
  integration: Integration,
  changes: Changes,
  partner: Partner,
  { now, config }: ApiDependencies,
): void {
  const before = { ...integration };
  Object.assign(integration, changes);
  const digestMoved =
    before.dailyDigestEnabled !== integration.dailyDigestEnabled ||
    before.dailyDigestTime !== integration.dailyDigestTime;
  if (digestMoved) integration.nextDigestAt = nextDigestAt(integration, partner, now());
  if (before.billingEnabled !== integration.billingEnabled) {
    integration.nextUsageAt = nextUsageAt(integration, partner, config.usageRunTime, now());
  }
}

function chosen({ id, name }: ChosenRecord): ChosenRecord {
  return { id, name };
}
