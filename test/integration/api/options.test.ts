import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { faults } from '../../../plugins/connectwise/sandbox/faults.js';
import type { Sandbox } from '../../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_LOGIN } from '../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../plugins/connectwise/sandbox/server.js';
import {
  ConnectIntegrationDocument,
  IntegrationDetailsDocument,
  type IntegrationOptionsInput,
  ServiceBoardsDocument,
  TicketPrioritiesDocument,
  UpdateIntegrationOptionsDocument,
} from '../../../src/gql/typed.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { connect, typedFor } from '../../support/connect.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let api: TestApi;
let sandbox: Sandbox;
let integrationId: string;
let partnerId: string;
let partners = 0;

interface Board {
  id: string;
  name: string;
  types: { id: string; name: string; subtypes: { id: string; name: string }[] }[];
}
let integrationBoard: Board;
let desk: Board;
let priority: { id: string; name: string };

beforeAll(async () => {
  database = await freshDatabase();
  sandbox = await startSandbox({ seed: 'empty' });
  api = await startTestApi(database, {
    allowedHosts: [sandbox.host],
    now: () => new Date('2026-11-23T12:00:00Z'),
  });
});

beforeEach(async () => {
  sandbox.faults.clear();
  partners += 1;
  partnerId = (await reportPartner(api, `msp ${partners}`)).id;
  integrationId = await connect(api, sandbox, partnerId);
  const boards = await api.ask(ServiceBoardsDocument, { id: integrationId });
  [integrationBoard, desk] = ['Integration', 'Service Desk'].map(
    name => boards.integration!.serviceBoards.find(board => board.name === name)!,
  ) as [Board, Board];
  const priorities = await api.ask(TicketPrioritiesDocument, { id: integrationId });
  priority = priorities.integration!.ticketPriorities[0]!;
});

afterAll(async () => {
  await api.stop();
  await sandbox.close();
  await database.drop();
});

const update = async (options: IntegrationOptionsInput) =>
  (await api.ask(UpdateIntegrationOptionsDocument, { integrationId, options })).updateIntegrationOptions;
const current = async () =>
  (await api.ask(IntegrationDetailsDocument, { id: integrationId })).integration!.options;
const type = (board: Board, name: string) => board.types.find(found => found.name === name)!;

describe('the choices that the PSA offers', () => {
  it('leave out inactive and project boards, and inactive types and subtypes', async () => {
    const { integration } = await api.ask(ServiceBoardsDocument, { id: integrationId });
    expect(integration!.serviceBoards.map(board => board.name).sort()).toEqual([
      'Integration',
      'Service Desk',
    ]);
    expect(integrationBoard.types.map(found => found.name).sort()).toEqual(['Backup', 'Billing']);
    const subtypes = type(integrationBoard, 'Backup')
      .subtypes.map(found => found.name)
      .sort();
    expect(subtypes).toEqual(['Digest', 'Failure', 'Information']);
  });

  it('are requested at most once a minute', async () => {
    const asked = sandbox.requests.total;
    await api.ask(ServiceBoardsDocument, { id: integrationId });
    expect(sandbox.requests.total).toBe(asked);
  });

  it('are an error while the PSA does not answer, never an empty list, and are read again when it does', async () => {
    partnerId = (await reportPartner(api, `down ${partners}`)).id;
    integrationId = await connect(api, sandbox, partnerId);
    sandbox.faults.inject({ path: /service\/priorities/ }, faults.unavailable(), {
      times: Number.POSITIVE_INFINITY,
    });
    const { errors } = await api.send(TicketPrioritiesDocument, { id: integrationId });
    expect(errors).toMatchObject([{ extensions: { code: 'PSA_UNREACHABLE' } }]);
    sandbox.faults.clear();
    const { integration } = await api.ask(TicketPrioritiesDocument, { id: integrationId });
    expect(integration!.ticketPriorities.length).toBeGreaterThan(0);
  });

  it('name the missing right', async () => {
    partnerId = (await reportPartner(api, `right ${partners}`)).id;
    integrationId = await connect(api, sandbox, partnerId);
    sandbox.faults.inject({ path: /service\/priorities/ }, faults.forbidden());
    const { errors } = await api.send(TicketPrioritiesDocument, { id: integrationId });
    expect(errors).toMatchObject([{ extensions: { code: 'PSA_RIGHT_MISSING' } }]);
  });
});

describe('updateIntegrationOptions', () => {
  it('keeps board, type, subtype and priorities with their names', async () => {
    const backup = type(integrationBoard, 'Backup');
    const { integration } = await update({
      serviceBoardId: integrationBoard.id,
      serviceTypeId: backup.id,
      serviceSubtypeId: backup.subtypes[0]!.id,
      alertPriorities: { errorId: priority.id },
    });
    expect(integration!.options).toMatchObject({
      serviceBoard: { id: integrationBoard.id, name: 'Integration' },
      serviceType: { name: 'Backup' },
      serviceSubtype: { name: backup.subtypes[0]!.name },
      alertPriorities: { error: priority, warning: null, success: null },
    });
  });

  it('keeps the options that are not given', async () => {
    await update({ serviceBoardId: integrationBoard.id, alertPriorities: { errorId: priority.id } });
    await update({ dailyDigestTime: '06:30', alertPriorities: { warningId: priority.id } });
    expect(await current()).toMatchObject({
      serviceBoard: { id: integrationBoard.id },
      dailyDigestTime: '06:30',
      alertPriorities: { error: priority, warning: priority },
    });
  });

  it('clears type and subtype with their board', async () => {
    const backup = type(integrationBoard, 'Backup');
    await update({
      serviceBoardId: integrationBoard.id,
      serviceTypeId: backup.id,
      serviceSubtypeId: backup.subtypes[0]!.id,
    });
    await update({ serviceBoardId: desk.id });
    expect(await current()).toMatchObject({
      serviceBoard: { id: desk.id },
      serviceType: null,
      serviceSubtype: null,
    });
  });

  it('clears the subtype with its type', async () => {
    const backup = type(integrationBoard, 'Backup');
    await update({
      serviceBoardId: integrationBoard.id,
      serviceTypeId: backup.id,
      serviceSubtypeId: backup.subtypes[0]!.id,
    });
    await update({ serviceTypeId: type(integrationBoard, 'Billing').id });
    expect(await current()).toMatchObject({ serviceType: { name: 'Billing' }, serviceSubtype: null });
  });

  it('clears a choice by null', async () => {
    await update({ serviceBoardId: integrationBoard.id, alertPriorities: { errorId: priority.id } });
    await update({ alertPriorities: { errorId: null } });
    expect((await current()).alertPriorities.error).toBeNull();
  });

  it('keeps the partner’s own address for notices until it is cleared', async () => {
    await update({ notificationEmail: ' service@partner.example ' });
    await update({ createMissingAdditions: true });
    expect((await current()).notificationEmail).toBe('service@partner.example');
    await update({ notificationEmail: null });
    expect((await current()).notificationEmail).toBeNull();
  });

  const rejections: [what: string, options: () => IntegrationOptionsInput, field: string[], code: string][] =
    [
      ['an unknown board', () => ({ serviceBoardId: '9999' }), ['serviceBoardId'], 'NOT_FOUND'],
      [
        'a type of another board',
        () => ({ serviceBoardId: desk.id, serviceTypeId: type(integrationBoard, 'Backup').id }),
        ['serviceTypeId'],
        'NOT_ON_BOARD',
      ],
      [
        'a subtype of another type',
        () => ({
          serviceBoardId: integrationBoard.id,
          serviceTypeId: type(integrationBoard, 'Billing').id,
          serviceSubtypeId: type(integrationBoard, 'Backup').subtypes[0]!.id,
        }),
        ['serviceSubtypeId'],
        'NOT_OF_TYPE',
      ],
      ['a type without a board', () => ({ serviceTypeId: '1' }), ['serviceTypeId'], 'NO_SERVICE_BOARD'],
      [
        'a subtype without a type',
        () => ({ serviceBoardId: desk.id, serviceSubtypeId: '1' }),
        ['serviceSubtypeId'],
        'NO_SERVICE_TYPE',
      ],
      [
        'an unknown priority',
        () => ({ serviceBoardId: desk.id, alertPriorities: { warningId: '9999' } }),
        ['alertPriorities', 'warningId'],
        'NOT_FOUND',
      ],
      [
        'a priority without a board',
        () => ({ alertPriorities: { errorId: priority.id } }),
        ['alertPriorities', 'errorId'],
        'NO_SERVICE_BOARD',
      ],
      [
        'the digest without a board',
        () => ({ dailyDigestEnabled: true }),
        ['dailyDigestEnabled'],
        'NO_SERVICE_BOARD',
      ],
      ['an invalid time', () => ({ dailyDigestTime: '25:00' }), ['dailyDigestTime'], 'INVALID'],
      ['a time as a number', () => ({ dailyDigestTime: 7 as never }), ['dailyDigestTime'], 'INVALID'],
      ['an invalid e-mail address', () => ({ notificationEmail: 'me' }), ['notificationEmail'], 'INVALID'],
      ['null for a switch', () => ({ billingEnabled: null }), ['billingEnabled'], 'INVALID'],
    ];
  it.each(rejections)(
    'rejects %s by its field and saves nothing of the call',
    async (_what, options, field, code) => {
      const before = await current();
      const answer = await update({ createMissingAdditions: true, ...options() });
      expect(answer.integration).toBeNull();
      expect(answer.userErrors).toMatchObject([{ field: ['options', ...field], code }]);
      expect(await current()).toEqual(before);
    },
  );

  it('does not clear the board while tickets need it', async () => {
    await update({ serviceBoardId: desk.id, dailyDigestEnabled: true });
    const { userErrors } = await update({ serviceBoardId: null });
    expect(userErrors).toMatchObject([{ field: ['options', 'serviceBoardId'], code: 'NO_SERVICE_BOARD' }]);
  });

  it('schedules the digest for the morning in the partner’s time zone', async () => {
    const { integration } = await update({
      serviceBoardId: desk.id,
      dailyDigestEnabled: true,
      dailyDigestTime: '07:00',
    });
    expect(integration!.schedule).toEqual([{ pipeline: 'DIGEST', nextRunAt: '2026-11-23T13:00:00.000Z' }]);
  });

  it('schedules the usage run for the invoice day, and removes it when billing is disabled', async () => {
    const { integration } = await update({ billingEnabled: true });
    expect(integration!.schedule).toEqual([{ pipeline: 'USAGE', nextRunAt: '2026-12-15T12:00:00.000Z' }]);
    expect((await update({ billingEnabled: false })).integration!.schedule).toEqual([]);
  });

  it('does not enable billing without the rights for it', async () => {
    await api.ask(ConnectIntegrationDocument, {
      input: {
        partnerId,
        psa: 'connectwise',
        credentials: typedFor(sandbox, SANDBOX_LOGIN.withoutBilling),
      },
    });
    const answer = await update({ billingEnabled: true });
    expect(answer.integration).toBeNull();
    expect(new Set(answer.userErrors.map(error => `${error.field} ${error.code}`))).toEqual(
      new Set(['options,billingEnabled CHECK_FAILED']),
    );
    expect((await current()).billingEnabled).toBe(false);
  });
});
