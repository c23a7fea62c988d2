import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SANDBOX_LOGIN } from '../../../plugins/connectwise/sandbox/seed.js';
import { query } from '../../../src/db/sql.js';
import { CredentialVault, keyIdOf } from '../../../src/integrations/credential-vault.js';
import { rotateKeys } from '../../../src/integrations/reseal-credentials.js';
import { command, type Finished } from '../../support/command.js';
import { connectPartner } from '../../support/connected-partner.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { startProcess } from '../../support/processes.js';
import { startTestService, type TestService } from '../../support/service.js';

const oldKey = randomBytes(32).toString('base64');
const newKey = randomBytes(32).toString('base64');
const oldVault = new CredentialVault([oldKey]);
const newVault = new CredentialVault([newKey]);
const bothVault = new CredentialVault([newKey, oldKey]);
const oldId = oldVault.keyIds[0]!;
const newId = newVault.keyIds[0]!;
const credentialsOf = (id: string) => ({ site: 'psa.invalid', companyId: 'acme', password: `of ${id}` });

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(() => sql('delete from integration'));

function sql<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
  return query<Row>(database.orm.em.fork(), text, values);
}

/** Integrations of a partner each, as the old key sealed them; their ids, in order. */
async function insertIntegrations(count: number): Promise<string[]> {
  const rows = await sql<{ id: string }>(
    `with partners as (
       insert into partner (external_id, name, time_zone, invoice_day)
       select gen_random_uuid()::text, 'a partner', 'UTC', 1 from generate_series(1, $1) returning id, external_id)
     insert into integration (id, partner_id, psa, account, credentials)
     select uuid_v7(), id, 'connectwise', external_id, '' from partners returning id`,
    [count],
  );
  const ids = rows.map(({ id }) => id).sort();
  const sealed = ids.map(id => oldVault.seal(id, credentialsOf(id)));
  await sql(
    `update integration i set credentials = s.sealed
     from unnest($1::uuid[], $2::text[]) as s (id, sealed) where s.id = i.id`,
    [ids, sealed],
  );
  return ids;
}

async function stored(): Promise<{ id: string; credentials: string }[]> {
  return sql('select id, credentials from integration where credentials is not null order by id');
}

const underTheNewKey = async () =>
  (await stored()).filter(({ credentials }) => keyIdOf(credentials) === newId).length;

const settings = (keys: string) => ({ DATABASE_URL: database.url, ENCRYPTION_KEYS: keys });

const rotate = (keys = `${newKey},${oldKey}`): Promise<Finished> =>
  command(process.execPath, ['--enable-source-maps', 'dist/src/commands/rotate-keys.js'], {
    environment: settings(keys),
  });

/** Runs `work` while another transaction holds a row that `text` changes; ends that one when `work` waits for it. */
async function whileLocked<T>(
  text: string,
  values: unknown[],
  work: () => Promise<T>,
  end: (waiting: Promise<T>) => Promise<void> = async () => {},
): Promise<T> {
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query(text, values);
    const waiting = work();
    await vi.waitFor(
      async () => {
        // Not by the holder: a transaction sees that view as it first saw it.
        const rows = await sql(
          `select 1 from pg_stat_activity
           where wait_event_type = 'Lock' and query like 'update "integration"%' and datname = current_database()`,
        );
        expect(rows).toHaveLength(1);
      },
      { timeout: 20_000, interval: 20 },
    );
    await end(waiting);
    await holder.query('commit');
    return await waiting;
  } finally {
    await holder.end();
  }
}

describe('npm run rotate-keys', () => {
  it('seals every integration’s credentials with the newest key, and names the keys that can be removed', async () => {
    const ids = await insertIntegrations(450);
    await sql('update integration set credentials = null, disconnected_at = now() where id = $1', [ids[7]]);
    const finished = await rotate();
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(finished.stdout).toBe(
      `Sealed with the newest key (${newId}) now: 449.\nNo longer needed, except for earlier backups: ${oldId}.\n`,
    );
    const rows = await stored();
    expect(rows).toHaveLength(449);
    for (const { id, credentials } of rows) expect(newVault.open(id, credentials)).toEqual(credentialsOf(id));
  });

  it('does nothing the second time', async () => {
    await insertIntegrations(3);
    await rotate();
    const before = await stored();
    expect(await rotate()).toMatchObject({ code: 0, stdout: expect.stringContaining('now: 0.') });
    expect(await stored()).toEqual(before);
  });

  it('continues where it was killed', async () => {
    const ids = await insertIntegrations(300);
    await whileLocked(
      'select 1 from integration where id = $1 for update',
      [ids[249]],
      async () => startProcess(settings(`${newKey},${oldKey}`), 'dist/src/commands/rotate-keys.js'),
      async started => {
        await (await started).stop('SIGKILL');
        // The server notices only later that the client is gone, and would end the statement.
        await sql(
          `select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        );
      },
    );
    expect(await underTheNewKey()).toBe(249);
    expect(await rotate()).toMatchObject({ code: 0, stdout: expect.stringContaining('now: 51.') });
    expect(await underTheNewKey()).toBe(300);
  });

  it('names the integrations that it cannot open, and then no key that can be removed', async () => {
    const [lost, moved, good] = (await insertIntegrations(3)) as [string, string, string];
    const stranger = new CredentialVault([randomBytes(32).toString('base64')]);
    await sql('update integration set credentials = $2 where id = $1', [lost, stranger.seal(lost, {})]);
    await sql('update integration set credentials = $2 where id = $1', [moved, oldVault.seal(good, {})]);
    const { code, stdout } = await rotate();
    expect(code).toBe(1);
    expect(stdout).toContain('now: 1.');
    expect(stdout).toMatch(
      new RegExp(
        `integration ${lost} .*sealed with the key ${stranger.keyIds[0]}, which ENCRYPTION_KEYS lacks`,
      ),
    );
    expect(stdout).toMatch(new RegExp(`integration ${moved} .*damaged, or not sealed for this integration`));
    expect(stdout).not.toContain(`integration ${good}`);
    expect(stdout).not.toContain('No longer needed');
  });

  it('names what is missing if it cannot begin', async () => {
    expect(await rotate('')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ENCRYPTION_KEYS: must be set'),
    });
    const unset = await command(process.execPath, ['dist/src/commands/rotate-keys.js'], {
      environment: { ENCRYPTION_KEYS: newKey },
    });
    expect(unset).toMatchObject({ code: 1, stderr: expect.stringContaining('DATABASE_URL: must be set') });
  });
});

describe('during concurrent changes', () => {
  it('it keeps what a partner entered meanwhile', async () => {
    const [id] = (await insertIntegrations(1)) as [string];
    const entered = oldVault.seal(id, { password: 'entered meanwhile' });
    const rotation = await whileLocked(
      'update integration set credentials = $2 where id = $1',
      [id, entered],
      () => rotateKeys(database.orm.em.fork(), bothVault),
    );
    expect(await stored()).toEqual([{ id, credentials: entered }]);
    // A process that was not restarted sealed it with the old key: that one is still needed.
    expect(rotation).toEqual({ resealed: 0, unopened: [], remaining: new Map([[oldId, 1]]) });
    expect((await rotateKeys(database.orm.em.fork(), bothVault)).resealed).toBe(1);
  });

  it('it keeps an integration disconnected that was disconnected meanwhile', async () => {
    const [id] = (await insertIntegrations(1)) as [string];
    const rotation = await whileLocked(
      'update integration set credentials = null, disconnected_at = now() where id = $1',
      [id],
      () => rotateKeys(database.orm.em.fork(), bothVault),
    );
    expect(await stored()).toEqual([]);
    expect(rotation).toEqual({ resealed: 0, unopened: [], remaining: new Map() });
  });
});

describe('the service, while keys are rotated', () => {
  let bridge: TestService;
  beforeAll(async () => {
    bridge = await startTestService({ environment: { ENCRYPTION_KEYS: `${newKey},${oldKey}` } });
  });
  afterAll(() => bridge.stop());

  it('continues delivering, without another login', async () => {
    const { username, password } = SANDBOX_LOGIN.integrator;
    const typed = {
      ...Object.fromEntries(bridge.credentials.map(({ key, value }) => [key, value])),
      username,
      password,
    };
    const credentials = Object.entries(typed).map(([key, value]) => ({ key, value }));
    const partner = await connectPartner({ ...bridge, credentials });
    const em = bridge.database.orm.em.fork();
    await query(em, 'update integration set credentials = $2 where id = $1', [
      partner.integrationId,
      oldVault.seal(partner.integrationId, typed),
    ]);
    await partner.reportJob(1);
    await partner.settled();
    bridge.sandbox.requests.clear();

    expect(await rotateKeys(em, bothVault)).toMatchObject({ resealed: 1, remaining: new Map() });
    await partner.reportJob(2);
    const deliveries = await partner.settled();
    expect(deliveries.map(({ state }) => state)).toEqual(['DELIVERED', 'DELIVERED']);
    const since = bridge.sandbox.requests.latest();
    expect(since.length).toBeGreaterThan(0);
    expect(since.filter(({ status }) => status === 401 || status === 404)).toEqual([]);
  });
});
