import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openDatabase } from '../../../src/db/connection.js';
import { migrateDatabase } from '../../../src/db/migrate-database.js';
import { query } from '../../../src/db/sql.js';
import { askAsPartner } from '../../../src/domain/access/partner-rows.js';
import { entities } from '../../../src/domain/entities.js';

const name = `plain_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
let admin: pg.Client;
let url: string;

beforeAll(async () => {
  admin = new pg.Client({ connectionString: inject('serverUrl') });
  await admin.connect();
  await admin.query(`create role ${name} login password '${name}'`);
  await admin.query(`create database ${name} owner ${name}`);
  const own = new URL(inject('serverUrl'));
  Object.assign(own, { username: name, password: name, pathname: `/${name}` });
  url = own.href;
});

afterAll(async () => {
  await admin.query(`drop database ${name} with (force)`);
  await admin.query(`drop role ${name}`);
  await admin.end();
});

describe('a user that owns its database and has no other right', () => {
  it('gets an error that says what an administrator has to run once', async () => {
    await expect(migrateDatabase(url)).rejects.toThrow(`grant psa_bridge_partner to ${name}`);
  });

  it('can run the service after that, with both safeguards: row-level security, and an audit log that it cannot change', async () => {
    await admin.query(`grant psa_bridge_partner to ${name}`);
    await migrateDatabase(url);
    const orm = await openDatabase({ url, entities });
    const em = orm.em.fork();
    const [mine] = await query<{ id: string }>(
      em,
      `insert into partner (external_id, name, time_zone, invoice_day) values ('mine', 'mine', 'UTC', 1), ('theirs', 'theirs', 'UTC', 1) returning id`,
    );
    const asMe = orm.em.fork();
    askAsPartner(asMe, mine!.id);
    expect(await query(asMe, 'select external_id as id from partner')).toEqual([{ id: 'mine' }]);
    await expect(query(em, 'delete from audit_entry')).rejects.toThrow(/permission denied/);
    await orm.close();
  });
});
