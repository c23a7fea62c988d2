import { expect, it } from 'vitest';
import { query } from '../../../src/db/sql.js';
import { command } from '../../support/command.js';
import { freshDatabase } from '../../support/database.js';

const migrate = (environment: Record<string, string>) =>
  command(process.execPath, ['dist/src/commands/migrate.js'], { environment });

it('npm run migrate upgrades an empty database to the schema of this version', async () => {
  const database = await freshDatabase();
  try {
    const em = database.orm.em.fork();
    await query(em, 'drop schema public cascade');
    await query(em, 'create schema public');
    const settings = { DATABASE_URL: database.url, ENCRYPTION_KEYS: Buffer.alloc(32, 1).toString('base64') };
    expect(await migrate(settings)).toMatchObject({ code: 0, stderr: '' });
    expect(await query(em, 'select 1 from integration, agenda_jobs')).toEqual([]);
  } finally {
    await database.drop();
  }
});

it('npm run migrate names the setting that it needs', async () => {
  expect(await migrate({})).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('DATABASE_URL: must be set'),
  });
});
