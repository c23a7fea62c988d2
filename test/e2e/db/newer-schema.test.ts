import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrations } from '../../../src/db/migrations/list.js';
import { query } from '../../../src/db/sql.js';
import { command } from '../../support/command.js';
import { testKey } from '../../support/keys.js';
import { startTestService, type TestService } from '../../support/service.js';

/** A version that is not written yet has migrated the database, while the service runs. */
const newer = 'Migration20991231000000_of_a_newer_version';
let bridge: TestService;

beforeAll(async () => {
  bridge = await startTestService();
  await query(bridge.database.orm.em.fork(), 'insert into mikro_orm_migrations (name) values ($1)', [newer]);
});
afterAll(() => bridge.stop());

describe('on a database that a newer version migrated', () => {
  it.each(['main', 'commands/migrate', 'commands/rotate-keys'])(
    '%s does not start, and says in one line why and what to do',
    async program => {
      const { code, stderr } = await command(process.execPath, [`dist/src/${program}.js`], {
        environment: { DATABASE_URL: bridge.database.url, ENCRYPTION_KEYS: testKey, PORT: '0' },
      });
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `The database was migrated by a newer version; this one does not know ${newer}. Start the newer version, or restore the backup from before its migration.\n`,
      });
    },
  );

  it('a process that is already running stays ready', async () => {
    expect((await fetch(`${bridge.service.url}/readyz`)).status).toBe(200);
  });

  it('a start that is prevented does not change the record of migrations', async () => {
    const rows = await query<{ name: string }>(
      bridge.database.orm.em.fork(),
      'select name from mikro_orm_migrations order by id',
    );
    expect(rows.map(({ name }) => name)).toEqual([...migrations.map(({ name }) => name), newer]);
  });
});
