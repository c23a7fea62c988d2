import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../plugins/connectwise/sandbox/sandbox.js';
import { startSandbox } from '../../../plugins/connectwise/sandbox/server.js';
import { Integration, IntegrationStatus } from '../../../src/domain/integrations/integration.js';
import {
  DisconnectIntegrationDocument,
  IntegrationDetailsDocument,
  PauseIntegrationDocument,
  ResumeIntegrationDocument,
} from '../../../src/gql/typed.js';
import { needAttention } from '../../../src/integrations/attention.js';
import { disconnectIntegration } from '../../../src/integrations/disconnect-integration.js';
import { pauseIntegration } from '../../../src/integrations/pause-integration.js';
import { restIntegration } from '../../../src/integrations/rest-integration.js';
import { resumeIntegration } from '../../../src/integrations/resume-integration.js';
import { schedulesOf } from '../../../src/pipelines/registry.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { connect } from '../../support/connect.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let api: TestApi;
let sandbox: Sandbox;
let id: string;
let partners = 0;

const at = { now: new Date(), wakeUp: async () => {}, schedules: schedulesOf({ usageRunTime: '06:00' }) };
const em = () => database.orm.em.fork();
const stored = () => em().findOneOrFail(Integration, { id });

beforeAll(async () => {
  database = await freshDatabase();
  sandbox = await startSandbox({ seed: 'empty' });
  api = await startTestApi(database, { allowedHosts: [sandbox.host] });
});

beforeEach(async () => {
  partners += 1;
  id = await connect(api, sandbox, (await reportPartner(api, `msp ${partners}`)).id);
});

afterAll(async () => {
  await api.stop();
  await sandbox.close();
  await database.drop();
});

describe('resumeIntegration', () => {
  it('ends the pause, and the time that the PSA asked to wait, at once', async () => {
    await restIntegration(em(), id, { until: new Date(Date.now() + 3_600_000), reason: 'busy' });
    await api.ask(PauseIntegrationDocument, { id });
    expect(await stored()).toMatchObject({ status: 'PAUSED', restingUntil: expect.any(Date) });
    await api.ask(ResumeIntegrationDocument, { id });
    expect(await stored()).toMatchObject({ status: 'CONNECTED', statusReason: null, restingUntil: null });
  });
});

describe('a change of status', () => {
  it('starts from the current status, not from the one that the request read', async () => {
    const request = em();
    await request.findOneOrFail(Integration, { id });
    await needAttention(em(), id, 'The login is refused.', at);
    await resumeIntegration(request, id, at);
    expect(await stored()).toMatchObject({ status: 'CONNECTED', nextProbeAt: null });
  });

  it.each([
    ['pausing', pauseIntegration],
    ['resuming', resumeIntegration],
    ['disconnecting', disconnectIntegration],
  ])('by %s does nothing once another person disconnected it', async (_what, change) => {
    const request = em();
    await request.findOneOrFail(Integration, { id });
    await disconnectIntegration(em(), id, at);
    const before = await stored();
    expect(await change(request, id, at)).toBeFalsy();
    expect(await stored()).toEqual(before);
  });

  it('does not undo a disconnection at the same moment', async () => {
    const changes = [
      pauseIntegration(em(), id),
      disconnectIntegration(em(), id, at),
      resumeIntegration(em(), id, at),
      pauseIntegration(em(), id),
    ];
    await Promise.all(changes);
    expect(await stored()).toMatchObject({ credentials: null, nextProbeAt: null, nextDigestAt: null });
  });

  it('to “needs attention” does not override what a person decided meanwhile', async () => {
    await api.ask(PauseIntegrationDocument, { id });
    await needAttention(em(), id, 'The login is refused.', at);
    expect((await stored()).status).toBe(IntegrationStatus.PAUSED);
  });

  it('of a disconnected integration is NOT_FOUND', async () => {
    await api.ask(DisconnectIntegrationDocument, { id });
    const { pauseIntegration } = await api.ask(PauseIntegrationDocument, { id });
    expect(pauseIntegration).toMatchObject({ integration: null, userErrors: [{ code: 'NOT_FOUND' }] });
    expect((await api.ask(IntegrationDetailsDocument, { id })).integration).toBeNull();
  });
});
