import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../src/db/sql.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { insertIntegration, reportPartner } from '../support/partners.js';
import { fuzzing } from './fuzz.js';
import { nastyText } from './random-documents.js';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database, { environment: { API_REQUESTS_PER_MINUTE: '0', RETENTION_DAYS: '0' } });
  const { id } = await reportPartner(api, 'msp', ['One', 'Two']);
  await insertIntegration(database, api, id);
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

interface Report {
  accepted: number;
  duplicates: number;
  rejected: { index: number; code: string; message: string }[];
}

/** The report's answer; undefined where the call as a whole does not fit the schema. */
async function send(
  field: string,
  argument: string,
  type: string,
  rows: unknown[],
): Promise<Report | undefined> {
  const answer = await api.send<Record<string, Report>, object>(
    `mutation ($rows: [${type}!]!) { ${field}(${argument}: $rows) { accepted duplicates rejected { index code message } } }`,
    { rows },
  );
  if (answer.errors) {
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(
      answer.errors.map(() => 'BAD_USER_INPUT'),
    );
    expect(answer.status).toBe(400);
    return undefined;
  }
  return answer.data![field];
}

const organization = fc.oneof(fc.constantFrom('msp/One', 'msp/Two'), nastyText);
const quantity = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }).chain(whole => fc.nat(999).map(part => `${whole}.${part}`)),
  fc.double().map(String),
  nastyText,
);
const instant = fc.oneof(
  fc
    .date({ min: new Date('1990-01-01'), max: new Date('2026-11-01'), noInvalidDate: true })
    .map(date => date.toISOString()),
  fc.date({ noInvalidDate: true }).map(date => date.toISOString()),
  fc.constantFrom(
    '2026-02-29T00:00:00Z',
    '2024-02-29T23:59:60Z',
    '2026-11-22T24:00:00Z',
    '9999-12-31T23:59:59Z',
    '0001-01-01T00:00:00Z',
    '2026-11-22T00:00:00+14:00',
    '2026-11-22T00:00:00',
  ),
  nastyText,
);
const few = <T>(row: fc.Arbitrary<T>) => fc.array(row, { minLength: 1, maxLength: 6 });

const reports: [string, string, string, fc.Arbitrary<unknown[]>][] = [
  [
    'upsertPartners',
    'partners',
    'PartnerInput',
    few(
      fc.record(
        {
          externalId: nastyText,
          name: nastyText,
          timeZone: fc.oneof(fc.constant('UTC'), nastyText),
          invoiceDay: fc.oneof(fc.integer({ min: -1, max: 33 }), fc.constant(null)),
        },
        { requiredKeys: ['externalId', 'name'] },
      ),
    ),
  ],
  [
    'upsertOrganizations',
    'organizations',
    'OrganizationInput',
    few(
      fc.record(
        {
          externalId: nastyText,
          partnerExternalId: fc.oneof(fc.constant('msp'), nastyText),
          name: nastyText,
          active: fc.boolean(),
        },
        { requiredKeys: ['externalId', 'partnerExternalId', 'name'] },
      ),
    ),
  ],
  [
    'reportUsage',
    'records',
    'UsageInput',
    few(
      fc.record({
        organizationExternalId: organization,
        usageType: nastyText,
        quantity,
        measuredAt: instant,
      }),
    ),
  ],
  [
    'reportBackupJobs',
    'jobs',
    'BackupJobInput',
    few(
      fc.record(
        {
          externalId: nastyText,
          organizationExternalId: organization,
          jobName: nastyText,
          device: fc.option(nastyText),
          status: fc.constantFrom('SUCCESS', 'WARNING', 'ERROR'),
          startedAt: instant,
          endedAt: instant,
          protectedBytes: fc.option(quantity),
          message: fc.option(nastyText),
        },
        {
          requiredKeys: ['externalId', 'organizationExternalId', 'jobName', 'status', 'startedAt', 'endedAt'],
        },
      ),
    ),
  ],
];

async function count(table: string): Promise<number> {
  const [row] = await query<{ n: number }>(database.orm.em.fork(), `select count(*)::int as n from ${table}`);
  return row!.n;
}

describe('whatever a backup platform reports', () => {
  it.each(reports)(
    'by %s, each row is taken whole or refused with a reason, and the same call again changes nothing',
    async (field, argument, type, rows) => {
      await fc.assert(
        fc.asyncProperty(rows, async chosen => {
          const first = await send(field, argument, type, chosen);
          if (!first) return;
          expect(first.accepted + first.duplicates + first.rejected.length).toBe(chosen.length);
          for (const { index, message } of first.rejected) {
            expect(index).toBeLessThan(chosen.length);
            expect(message).toMatch(/\S/);
          }
          const again = (await send(field, argument, type, chosen))!;
          expect(again.rejected).toEqual(first.rejected);
          if (!repeatsItself(chosen)) expect(again.accepted).toBe(0);
        }),
        fuzzing,
      );
    },
    60_000,
  );

  it('has its event owed, for every result that is taken', async () => {
    expect(await count('backup_job_result')).toBeGreaterThan(0);
    const [row] = await query<{ n: number }>(
      database.orm.em.fork(),
      `select count(*)::int as n from backup_job_result r join organization o on o.id = r.organization_id
       join integration i on i.partner_id = o.partner_id
       where not exists (select 1 from delivery d where d.job_result_id = r.id and d.integration_id = i.id)`,
    );
    expect(row!.n).toBe(0);
  });

  it('stands in the database to the last digit and character', async () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter(
        value => value.trim() === value && /\S/.test(value) && value.isWellFormed() && !value.includes('\0'),
      );
    const digits = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), fc.stringMatching(/^\d{1,9}$/));
    await fc.assert(
      fc.asyncProperty(text, text, digits, async (jobName, message, [whole, part]) => {
        const externalId = crypto.randomUUID();
        const job = {
          externalId,
          organizationExternalId: 'msp/One',
          jobName,
          status: 'ERROR',
          startedAt: '2026-11-22T08:00:00.001Z',
          endedAt: '2026-11-22T09:00:00.999+01:00',
          protectedBytes: `${whole}.${part}`,
          message,
        };
        const earlier = { ...job, startedAt: '2026-11-22T07:00:00.001Z' };
        expect(await send('reportBackupJobs', 'jobs', 'BackupJobInput', [earlier])).toMatchObject({
          accepted: 1,
        });
        const [row] = await query<Record<string, string>>(
          database.orm.em.fork(),
          `select job_name as "jobName", message, protected_bytes::text as "protectedBytes", to_char(ended_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS') as "endedAt"
           from backup_job_result where external_id = $1`,
          [externalId],
        );
        expect(row).toEqual({
          jobName,
          message,
          protectedBytes: `${whole}.${part}`,
          endedAt: '2026-11-22T08:00:00.999',
        });
      }),
      fuzzing,
    );
  }, 60_000);
});

/** Whether two rows of a call may be about the same thing: then the later ones correct the earlier ones. */
function repeatsItself(rows: unknown[]): boolean {
  const ids = (rows as Record<string, string>[]).map(({ externalId, usageType }) =>
    (externalId ?? usageType ?? '').replaceAll('\u0000', '').toWellFormed().trim(),
  );
  return new Set(ids).size < rows.length;
}
