import Big from 'big.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../../src/db/sql.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { fuzzing, fuzzingTimeout, hostileJson, hostileText } from '../../support/fuzzing.js';
import { insertIntegration, reportPartner } from '../../support/partners.js';
import { askRaw, expectSound } from '../../support/sound-answers.js';

const runs = 60;
const now = new Date('2026-11-23T12:00:00Z');

let database: TestDatabase;
let api: TestApi;
let source: string;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database, { now: () => now, environment: { API_REQUESTS_PER_MINUTE: '0' } });
  const partner = await reportPartner(api, 'msp', ['Contoso', 'Fabrikam']);
  await insertIntegration(database, api, partner.id);
  source = (await api.createToken('SOURCE')).token;
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

const sql = <Row>(text: string, values: unknown[] = []) => query<Row>(database.orm.em.fork(), text, values);

/** The part of a text that is stored, as the API documents: PostgreSQL's text holds no NUL, its JSON no half of a pair. */
const kept = (value: unknown) => String(value).replaceAll('\u0000', '').toWellFormed().trim();

const instantText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('2026-11-22T22:00:00Z', '2026-11-23T00:00:00.123456789+05:45') },
  {
    weight: 3,
    arbitrary: fc
      .date({ min: new Date('2026-11-01'), max: new Date('2026-11-23'), noInvalidDate: true })
      .map(date => date.toISOString()),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '0000-01-01T00:00:00Z',
      '0001-01-01T00:00:00+14:00',
      '0000-01-01T00:00:00+23:59',
      '9999-12-31T23:59:59-23:59',
      '9999-12-31T23:59:59Z',
      '1970-01-01T00:00:00Z',
      '2026-11-23T23:59:60Z',
      '2026-02-29T00:00:00Z',
      '2026-11-22T24:00:00Z',
      '2026-11-22t22:00z',
      '2026-11-22 22:00:00+00:00',
      '2026-11-22T22:00:00',
      'infinity',
      '-infinity',
      'now',
      'epoch',
      '1e400',
      '+010000-01-01T00:00:00Z',
      `2026-11-22T22:00:00.${'1'.repeat(400)}Z`,
    ),
  },
  { weight: 1, arbitrary: hostileText },
);

const decimalText = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), fc.nat(999_999_999))
      .map(([whole, part]) => `${whole}.${part}`),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>(
      '0',
      '-0',
      '007',
      '1.50',
      '1e3',
      '1e400',
      '-1',
      '.5',
      '5.',
      '0x10',
      'NaN',
      'Infinity',
      '١٢',
      '1_000',
      '1\n',
      ' 1',
      '9'.repeat(18),
      '9'.repeat(19),
      `${'9'.repeat(18)}.${'9'.repeat(9)}`,
      `0.${'0'.repeat(8)}1`,
      `0.${'0'.repeat(9)}1`,
      12,
      0.1,
      -1,
      2 ** 53,
      1e21,
      true,
      null,
      [],
      {},
    ),
  },
  { weight: 1, arbitrary: hostileText },
);

const zone = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('UTC', 'America/Chicago', 'Asia/Kathmandu', 'Pacific/Apia') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'america/chicago',
      'Etc/GMT+5',
      'EST',
      '+02:00',
      'Z',
      'utc',
      'Mars/Olympus',
      'posix/UTC',
      'Asia/Calcutta',
    ),
  },
  { weight: 1, arbitrary: hostileText },
);

/** A few values that repeat often, and arbitrary ones. */
const someId = fc.oneof(
  fc.constantFrom('a', 'A', 'b', ' a', 'a\u0000', 'e\u0301', '\u00e9', '__proto__'),
  hostileText,
);
const shortInt = fc.oneof(
  fc.integer({ min: 1, max: 31 }),
  fc.constantFrom(0, 32, -1, 2 ** 31 - 1, -(2 ** 31)),
);
const organizationId = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('msp/Contoso', 'msp/Fabrikam', ' msp/Contoso ') },
  { weight: 1, arbitrary: someId },
);
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 3 });

type Row = Record<string, unknown>;

interface Report {
  field: string;
  argument: string;
  input: string;
  row: fc.Arbitrary<Row>;
  /** Returns the value that the database must contain for a row; undefined if there must be none. */
  stored: string;
  keyOf(row: Row): unknown[];
  /** Whether of two rows with one key the last one counts. */
  lastWins: boolean;
  expectWhole(stored: Row, row: Row): void;
}

const sameInstant = (stored: unknown, given: unknown) => {
  const written = String(given).toUpperCase().replace(' ', 'T').replace(/:60/, ':59');
  expect(new Date(String(stored)).getTime()).toBe(
    Math.floor(new Date(written.replace(/(\.\d{3})\d+/, '$1')).getTime()),
  );
};

const reports: Report[] = [
  {
    field: 'upsertPartners',
    argument: 'partners',
    input: 'PartnerInput',
    row: fc.record(
      { externalId: someId, name: hostileText, timeZone: orNull(zone), invoiceDay: orNull(shortInt) },
      { requiredKeys: ['externalId', 'name'] },
    ),
    stored: 'select * from partner where external_id = $1',
    keyOf: row => [kept(row.externalId)],
    lastWins: true,
    expectWhole(stored, row) {
      expect(stored.name).toBe(kept(row.name));
      expect(stored.time_zone).toBe(row.timeZone ?? 'UTC');
      expect(stored.invoice_day).toBe(row.invoiceDay ?? 1);
    },
  },
  {
    field: 'upsertOrganizations',
    argument: 'organizations',
    input: 'OrganizationInput',
    row: fc.record(
      {
        externalId: someId,
        partnerExternalId: fc.oneof(
          { weight: 6, arbitrary: fc.constantFrom('msp', ' msp', 'other-msp') },
          { weight: 1, arbitrary: someId },
        ),
        name: hostileText,
        active: orNull(fc.boolean()),
      },
      { requiredKeys: ['externalId', 'partnerExternalId', 'name'] },
    ),
    stored:
      'select o.*, p.external_id as partner from organization o join partner p on p.id = o.partner_id where o.external_id = $1',
    keyOf: row => [kept(row.externalId)],
    lastWins: true,
    expectWhole(stored, row) {
      expect(stored).toMatchObject({
        name: kept(row.name),
        partner: kept(row.partnerExternalId),
        active: row.active ?? true,
      });
    },
  },
  {
    field: 'reportUsage',
    argument: 'records',
    input: 'UsageInput',
    row: fc.record({
      organizationExternalId: organizationId,
      usageType: someId,
      quantity: decimalText.filter(quantity => quantity !== null),
      measuredAt: instantText,
    }),
    stored: `select u.*, u.quantity::text as quantity from usage_record u join organization o on o.id = u.organization_id
      where o.external_id = $1 and u.usage_type = $2 and u.measured_at = $3`,
    keyOf: row => [kept(row.organizationExternalId), kept(row.usageType), milliseconds(row.measuredAt)],
    lastWins: true,
    expectWhole(stored, row) {
      expect(new Big(String(stored.quantity)).eq(String(row.quantity))).toBe(true);
      sameInstant(stored.measured_at, row.measuredAt);
    },
  },
  {
    field: 'reportBackupJobs',
    argument: 'jobs',
    input: 'BackupJobInput',
    row: fc.record(
      {
        externalId: someId,
        organizationExternalId: organizationId,
        jobName: someId,
        device: orNull(someId),
        status: fc.constantFrom('SUCCESS', 'WARNING', 'ERROR'),
        startedAt: fc.oneof(
          { weight: 3, arbitrary: fc.constant('2026-11-21T22:00:00Z') },
          { weight: 2, arbitrary: instantText },
        ),
        endedAt: instantText,
        protectedBytes: orNull(decimalText),
        message: orNull(hostileText),
      },
      { requiredKeys: ['externalId', 'organizationExternalId', 'jobName', 'status', 'startedAt', 'endedAt'] },
    ),
    stored: `select b.*, b.protected_bytes::text as protected_bytes,
      (select count(*)::int from delivery d where d.job_result_id = b.id) as deliveries,
      (select count(*)::int from integration i where i.partner_id = o.partner_id) as integrations
      from backup_job_result b join organization o on o.id = b.organization_id
      where o.external_id = $1 and b.external_id = $2`,
    keyOf: row => [kept(row.organizationExternalId), kept(row.externalId)],
    lastWins: false,
    expectWhole(stored, row) {
      expect(stored.job_name).toBe(kept(row.jobName));
      expect(stored.device).toBe(row.device == null ? null : kept(row.device));
      expect(stored.status).toBe(row.status);
      sameInstant(stored.started_at, row.startedAt);
      sameInstant(stored.ended_at, row.endedAt);
      if (row.protectedBytes == null) expect(stored.protected_bytes).toBeNull();
      else expect(new Big(String(stored.protected_bytes)).eq(String(row.protectedBytes))).toBe(true);
      const message =
        row.message == null ? null : String(row.message).replaceAll('\u0000', '').toWellFormed();
      if (message === null || message.length <= 20_000) expect(stored.message).toBe(message);
      else expect(stored.message).toBe(`${message.slice(0, 20_000)}… (cut)`);
      expect(stored.deliveries).toBe(stored.integrations);
    },
  },
];

/** To the millisecond, as the API keeps it. */
function milliseconds(text: unknown): string {
  const written = String(text)
    .toUpperCase()
    .replace(' ', 'T')
    .replace(/:60/, ':59')
    .replace(/(\.\d{3})\d+/, '$1');
  return new Date(written).toISOString();
}

interface Outcome {
  accepted: number;
  duplicates: number;
  rejected: { index: number; code: string; message: string }[];
}

/** Everything that reports can write, as one text. */
async function allFacts(): Promise<string> {
  const tables = ['partner', 'organization', 'usage_record', 'backup_job_result', 'delivery', 'sync_run'];
  const sums = tables.map(table => `(select md5(string_agg(t::text, '|' order by t::text)) from ${table} t)`);
  const [facts] = await sql<{ facts: string }>(`select concat_ws(' ', ${sums.join(', ')}) as facts`);
  return facts!.facts;
}

const mutation = ({ field, argument, input }: Report) =>
  `mutation($rows: [${input}!]!) { ${field}(${argument}: $rows) { accepted duplicates rejected { index code message } } }`;

describe.each(reports.map(report => [report.field, report] as const))(
  'whatever comes in %s',
  (_field, report) => {
    it(
      'each row is stored completely or rejected with a reason, and a repetition changes nothing',
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(report.row, { maxLength: 12 }), async rows => {
            const body = JSON.stringify({ query: mutation(report), variables: { rows } });
            const answer = expectSound(await askRaw(api.url, source, body));
            expect(answer.errors).toBeUndefined();
            const outcome = answer.data![report.field] as Outcome;
            const { accepted, duplicates, rejected } = outcome;
            expect(accepted + duplicates + rejected.length).toBe(rows.length);
            const out = new Set(rejected.map(({ index }) => index));
            expect(out.size).toBe(rejected.length);
            for (const { index, code, message } of rejected) {
              expect(rows[index]).toBeDefined();
              expect(['INVALID', 'UNKNOWN_PARTNER', 'UNKNOWN_ORGANIZATION', 'CONFLICT']).toContain(code);
              expect(message).toMatch(/^\w+: ./);
            }
            await expectFacts(
              report,
              rows.filter((_, index) => !out.has(index)),
            );

            const before = await allFacts();
            const again = expectSound(await askRaw(api.url, source, body)).data![report.field];
            expect(again).toEqual({ accepted: 0, duplicates: accepted + duplicates, rejected });
            expect(await allFacts()).toBe(before);
          }),
          fuzzing(runs),
        );
      },
      fuzzingTimeout(runs),
    );

    it(
      'JSON of any form is accepted or rejected, and rejected JSON changes nothing',
      async () => {
        const anyRow = fc.oneof(
          hostileJson,
          fc
            .tuple(
              report.row,
              fc.dictionary(
                fc.constantFrom(
                  'externalId',
                  'name',
                  'quantity',
                  'status',
                  'active',
                  'invoiceDay',
                  'x',
                  '__proto__',
                ),
                hostileJson,
                { maxKeys: 2, noNullPrototype: true },
              ),
            )
            .map(([row, wrong]) => ({ ...row, ...wrong })),
        );
        await fc.assert(
          fc.asyncProperty(fc.oneof(fc.array(anyRow, { maxLength: 4 }), hostileJson), async rows => {
            const before = await allFacts();
            const body = JSON.stringify({ query: mutation(report), variables: { rows } });
            const answer = expectSound(await askRaw(api.url, source, body));
            if (answer.errors) expect(await allFacts()).toBe(before);
          }),
          fuzzing(runs),
        );
      },
      fuzzingTimeout(runs),
    );
  },
);

async function expectFacts(report: Report, taken: readonly Row[]): Promise<void> {
  const decisive = new Map<string, Row>();
  for (const row of report.lastWins ? taken : taken.toReversed())
    decisive.set(JSON.stringify(report.keyOf(row)), row);
  for (const row of decisive.values()) {
    const found = await sql<Row>(report.stored, report.keyOf(row));
    expect(found).toHaveLength(1);
    report.expectWhole(found[0]!, row);
  }
}
