import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { query } from '../../../src/db/sql.js';
import { auditActions } from '../../../src/domain/audit/actions.js';
import { actAs } from '../../../src/domain/audit/actor.js';
import { ActorKind } from '../../../src/domain/audit/audit-entry.js';
import { everyOption } from '../../../src/domain/integrations/options.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
/** Runs the change as a person. */
let person: EntityManager;

beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => {
  person = database.orm.em.fork();
  const actor = { kind: ActorKind.TOKEN, id: randomUUID(), name: 'Jane', role: 'OPERATOR' };
  actAs(person, { ...actor, partnerId: null, address: null, requestId: null });
});
afterAll(() => database.drop());

function sql<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
  return query<Row>(database.orm.em.fork(), text, values);
}

/** Every option of an integration is shown. */
const optionColumns = everyOption.map(([key]) => key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`));

/**
 * The decision about each column of an audited table. A new column is shown unless its migration puts it on the list
 * of audit_bookkeeping(): name it here under what was decided.
 */
const decided: Record<string, { shown: string[]; bookkeeping: string[] }> = {
  api_token: {
    shown: ['name', 'role', 'expires_at'],
    bookkeeping: ['id', 'partner_id', 'hash', 'revoked_at', 'last_used_at', 'created_at'],
  },
  integration: {
    shown: [
      'psa',
      'account',
      'credentials', // only that they were entered or erased
      'status',
      ...optionColumns,
      'disconnected_at',
    ],
    bookkeeping: [
      'id',
      'partner_id',
      'status_reason',
      'last_check',
      'next_digest_at',
      'next_usage_at',
      'next_probe_at',
      'probes',
      'resting_until',
      'usage_version',
      'created_at',
    ],
  },
  mapping: {
    shown: ['company_id', 'company_identifier', 'company_name', 'billing_level'],
    bookkeeping: ['integration_id', 'organization_id', 'updated_at'],
  },
  partner: {
    shown: ['name', 'time_zone', 'invoice_day'],
    bookkeeping: ['id', 'external_id', 'created_at'],
  },
  sync_run: {
    shown: ['pipeline', 'dry_run', 'for_date'],
    bookkeeping: [
      'id',
      'integration_id',
      'trigger',
      'state',
      'statement_id',
      'collecting',
      'started_at',
      'planned_at',
      'finished_at',
      'total',
      'delivered',
      'skipped',
      'failed',
      'held',
      'error',
    ],
  },
};

describe('every column of an audited table', () => {
  it.each(Object.keys(decided))(
    '%s is shown or on the list of bookkeeping columns, as decided here',
    async table => {
      const columns = await sql<{ name: string; bookkeeping: boolean }>(
        `select column_name as name, column_name = any(audit_bookkeeping($1)) as bookkeeping
       from information_schema.columns where table_schema = 'public' and table_name = $1`,
        [table],
      );
      const names = (hidden: boolean) =>
        columns.filter(({ bookkeeping }) => bookkeeping === hidden).map(({ name }) => name);
      expect({ shown: names(false).sort(), bookkeeping: names(true).sort() }).toEqual({
        shown: decided[table]!.shown.sort(),
        bookkeeping: decided[table]!.bookkeeping.sort(),
      });
    },
  );

  it('is listed here for all tables that have an audit trigger', async () => {
    const tables = await sql<{ name: string }>(
      `select distinct tgrelid::regclass::text as name from pg_trigger join pg_proc p on p.oid = tgfoid
       where p.proname like 'audit\\_%' order by 1`,
    );
    expect(tables.map(({ name }) => name)).toEqual(Object.keys(decided).sort());
  });
});

describe('the columns that an entry shows', () => {
  const ofLastEntry = async () => {
    const [entry] = await sql<{ before: object | null; after: object | null }>(
      'select before, after from audit_entry order by id desc limit 1',
    );
    return {
      before: Object.keys(entry!.before ?? {}).sort(),
      after: Object.keys(entry!.after ?? {}).sort(),
    };
  };
  let partner: string;
  let integration: string;

  beforeEach(async () => {
    const [p] = await query<{ id: string }>(
      person,
      `insert into partner (external_id, name, time_zone, invoice_day) values (gen_random_uuid()::text, 'p', 'UTC', 1) returning id`,
    );
    partner = p!.id;
    const [i] = await query<{ id: string }>(
      person,
      `insert into integration (partner_id, psa, account, credentials) values ($1, 'connectwise', 'a', 'sealed') returning id`,
      [partner],
    );
    integration = i!.id;
  });

  it('are all shown ones of a new integration', async () => {
    const { shown } = decided.integration!;
    expect(await ofLastEntry()).toEqual({
      before: shown.filter(name => name !== 'credentials').sort(),
      after: [...shown].sort(),
    });
  });

  it('are the changed ones of an integration', async () => {
    await query(person, `update integration set catch_up = 'LAST', probes = 3 where id = $1`, [integration]);
    expect(await ofLastEntry()).toEqual({ before: ['catch_up'], after: ['catch_up'] });
  });

  it('include a new column that no audit rule mentions', async () => {
    await sql(`alter table integration add if not exists added_later text`);
    await query(person, `update integration set added_later = 'x' where id = $1`, [integration]);
    expect(await ofLastEntry()).toEqual({ before: ['added_later'], after: ['added_later'] });
    await sql('alter table integration drop added_later');
  });

  it('are all shown ones of a partner', async () => {
    await query(person, 'update partner set invoice_day = 2 where id = $1', [partner]);
    const shown = decided.partner!.shown.sort();
    expect(await ofLastEntry()).toEqual({ before: shown, after: shown });
  });

  it('are all shown ones of a mapping', async () => {
    const [organization] = await sql<{ id: string }>(
      `insert into organization (partner_id, external_id, name) values ($1, gen_random_uuid()::text, 'o') returning id`,
      [partner],
    );
    await query(
      person,
      `insert into mapping (integration_id, organization_id, company_id, company_identifier, company_name, billing_level)
       values ($1, $2, '1', 'i', 'n', 'l')`,
      [integration, organization!.id],
    );
    expect(await ofLastEntry()).toEqual({ before: [], after: decided.mapping!.shown.sort() });
  });

  it('are all shown ones of a token, and so never its hash', async () => {
    await query(
      person,
      `insert into api_token (name, role, hash) values ('t', 'OPERATOR', gen_random_uuid()::text)`,
    );
    expect(await ofLastEntry()).toEqual({ before: [], after: decided.api_token!.shown.sort() });
  });

  it('are all shown ones of a run that a person started', async () => {
    await query(
      person,
      `insert into sync_run (integration_id, pipeline, trigger, started_at) values ($1, 'DIGEST', 'MANUAL', now())`,
      [integration],
    );
    expect(await ofLastEntry()).toEqual({ before: [], after: decided.sync_run!.shown.sort() });
  });

  it('create no entry where only bookkeeping changed', async () => {
    const count = () => sql('select 1 from audit_entry');
    const before = await count();
    await query(person, 'update integration set next_digest_at = now(), probes = 4 where id = $1', [
      integration,
    ]);
    await query(person, `update partner set external_id = gen_random_uuid()::text where id = $1`, [partner]);
    expect(await count()).toEqual(before);
  });
});

describe('the actions of the audit log', () => {
  it('that triggers record are those that the functions of the database name', async () => {
    const named = await sql<{ action: string }>(
      `select distinct m[1] as action from pg_proc, regexp_matches(prosrc, '''([a-z_]+\\.[a-z_]+)''', 'g') as m
       where pronamespace = 'public'::regnamespace and proname like 'audit\\_%' and m[1] <> 'psa_bridge.actor' order by 1`,
    );
    const byTriggers = Object.entries(auditActions).filter(([, { writtenBy }]) => writtenBy === 'trigger');
    expect(named.map(({ action }) => action)).toEqual(byTriggers.map(([action]) => action).sort());
  });
});
