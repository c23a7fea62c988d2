import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../plugins/connectwise/sandbox/sandbox.js';
import { startSandbox } from '../../../plugins/connectwise/sandbox/server.js';
import { actAs } from '../../../src/domain/audit/actor.js';
import { ActorKind, AuditEntry } from '../../../src/domain/audit/audit-entry.js';
import { Integration } from '../../../src/domain/integrations/integration.js';
import { everyOption, type Option, type OptionKey } from '../../../src/domain/integrations/options.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { connect } from '../../support/connect.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let api: TestApi;
let sandbox: Sandbox;
let integrationId: string;

beforeAll(async () => {
  database = await freshDatabase();
  sandbox = await startSandbox({ seed: 'empty' });
  api = await startTestApi(database, { allowedHosts: [sandbox.host] });
  integrationId = await connect(api, sandbox, (await reportPartner(api, 'msp')).id);
});

afterAll(async () => {
  await api.stop();
  await sandbox.close();
  await database.drop();
});

const columnOf = (key: OptionKey) =>
  database.orm.em.getMetadata().get(Integration).properties[key].fieldNames[0]!;

/** A value that the option does not have by default. */
function another(option: Option): unknown {
  switch (option.kind) {
    case 'switch':
      return !option.default;
    case 'time':
      return '05:55';
    case 'choice':
      return Object.values(option.values).find(value => value !== option.default);
    case 'text':
      return 'someone@partner.example';
    case 'record':
      return { id: '7', name: 'Seven' };
  }
}

describe.each(everyOption.map(([key, option]) => ({ key, option })))('the option $key', ({ key, option }) => {
  it('has its default in a new integration', async () => {
    const integration = await database.orm.em.fork().findOneOrFail(Integration, { id: integrationId });
    expect(integration[key]).toEqual('default' in option ? option.default : null);
  });

  it('is shown in the audit log when a person changes it', async () => {
    const em = database.orm.em.fork();
    actAs(em, {
      kind: ActorKind.TOKEN,
      id: 'a person',
      name: 'A person',
      role: 'OPERATOR',
      partnerId: null,
      address: null,
      requestId: null,
    });
    await em.transactional(async tx => {
      const integration = await tx.findOneOrFail(Integration, { id: integrationId });
      Object.assign(integration, { [key]: another(option) });
    });
    const [newest] = await database.orm.em
      .fork()
      .find(AuditEntry, { integrationId }, { orderBy: { id: 'desc' }, limit: 1 });
    expect(newest).toMatchObject({
      action: 'integration.options_changed',
      after: { [columnOf(key)]: another(option) },
    });
  });
});
