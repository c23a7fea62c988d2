import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BackupJobInput,
  ReportBackupJobsDocument,
  ReportUsageDocument,
  UpsertOrganizationsDocument,
  UpsertPartnersDocument,
} from '../../../src/gql/typed.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let api: TestApi;
let source: string;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database, { now: () => new Date('2026-11-23T12:00:00Z') });
  await reportPartner(api, 'msp', ['Contoso']);
  source = (await api.createToken('SOURCE')).token;
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

function job(changes: Partial<BackupJobInput> & { externalId: string }): BackupJobInput {
  return {
    organizationExternalId: 'msp/Contoso',
    jobName: 'Nightly',
    status: 'SUCCESS',
    startedAt: '2026-11-22T22:00:00Z',
    endedAt: '2026-11-22T23:30:00-01:00',
    ...changes,
  };
}

describe('reported job results', () => {
  it('are stored once, however often they are sent', async () => {
    const jobs = [job({ externalId: 'once' })];
    const first = await api.ask(ReportBackupJobsDocument, { jobs }, source);
    const again = await api.ask(ReportBackupJobsDocument, { jobs }, source);
    expect([first.reportBackupJobs, again.reportBackupJobs]).toEqual([
      { accepted: 1, duplicates: 0, rejected: [] },
      { accepted: 0, duplicates: 1, rejected: [] },
    ]);
  });

  const badRows: [what: string, row: Partial<BackupJobInput>, field: string][] = [
    ['a time without offset', { startedAt: '2026-11-22T22:00:00' }, 'startedAt'],
    ['a day that does not exist', { endedAt: '2026-02-30T00:00:00Z' }, 'endedAt'],
    [
      'an end before the time that results are kept',
      { startedAt: '2020-01-01T00:00:00Z', endedAt: '2020-01-01T01:00:00Z' },
      'endedAt',
    ],
    ['an end before the start', { endedAt: '2026-11-22T21:00:00Z' }, 'endedAt'],
    ['a negative size', { protectedBytes: '-1' }, 'protectedBytes'],
    ['a size that is no number', { protectedBytes: 'much' }, 'protectedBytes'],
    ['a size as a JSON number with a fraction', { protectedBytes: 0.1 as never }, 'protectedBytes'],
    [
      'a time in the year 0, which PostgreSQL does not know',
      { startedAt: '0000-01-01T00:00:00Z' },
      'startedAt',
    ],
    ['a time that is in the year 10000 in UTC', { endedAt: '9999-12-31T23:59:59-23:59' }, 'endedAt'],
    ['a time as a JSON number', { startedAt: 1_790_000_000 as never }, 'startedAt'],
    ['an empty name', { jobName: ' ' }, 'jobName'],
  ];
  it.each(badRows)('with %s are rejected individually, with index and field', async (what, row, field) => {
    const jobs = [
      job({ externalId: `${what} before` }),
      job({ externalId: what, ...row }),
      job({ externalId: `${what} after` }),
    ];
    const { reportBackupJobs } = await api.ask(ReportBackupJobsDocument, { jobs }, source);
    expect(reportBackupJobs).toMatchObject({ accepted: 2, rejected: [{ index: 1, code: 'INVALID' }] });
    expect(reportBackupJobs.rejected[0]!.message).toMatch(new RegExp(`^${field}: `));
  });

  it('of an unknown organization are rejected with what to do', async () => {
    const jobs = [job({ externalId: 'lost', organizationExternalId: 'nobody' })];
    const { reportBackupJobs } = await api.ask(ReportBackupJobsDocument, { jobs }, source);
    expect(reportBackupJobs.rejected).toMatchObject([{ index: 0, code: 'UNKNOWN_ORGANIZATION' }]);
  });

  it('may be 10,000 in a call', async () => {
    const jobs = Array.from({ length: 10_000 }, (_, n) => job({ externalId: `many ${n}` }));
    const { reportBackupJobs } = await api.ask(ReportBackupJobsDocument, { jobs }, source);
    expect(reportBackupJobs.accepted).toBe(10_000);
  });

  it('may not be more than 10,000 in a call', async () => {
    const jobs = Array.from({ length: 10_001 }, (_, n) => job({ externalId: `more ${n}` }));
    const { errors } = await api.send(ReportBackupJobsDocument, { jobs }, source);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(errors![0]!.message).toContain('10000');
  });
});

describe('reported usage', () => {
  const record = {
    organizationExternalId: 'msp/Contoso',
    usageType: 'Backup Usage',
    measuredAt: '2026-11-23T00:00:00Z',
  };

  it('keeps its exact quantity, also as a whole JSON number', async () => {
    const records = [
      { ...record, quantity: '1250.750000001' },
      { ...record, usageType: 'Machines', quantity: 12 as never },
    ];
    const { reportUsage } = await api.ask(ReportUsageDocument, { records }, source);
    expect(reportUsage).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
  });

  it('keeps the exact quantity of a literal in the query', async () => {
    const answer = await api.send<{ reportUsage: { accepted: number } }, object>(
      `mutation { reportUsage(records: [{ organizationExternalId: "msp/Contoso", usageType: "Inline", quantity: 0.1, measuredAt: "2026-11-23T00:00:00Z" }]) { accepted rejected { message } } }`,
      undefined,
      source,
    );
    expect(answer.data?.reportUsage.accepted).toBe(1);
  });

  it.each(['1e3', '', '-5', '1,5', 'NaN'])('with the quantity "%s" is rejected', async quantity => {
    const { reportUsage } = await api.ask(
      ReportUsageDocument,
      { records: [{ ...record, quantity }] },
      source,
    );
    expect(reportUsage).toMatchObject({ accepted: 0, rejected: [{ index: 0, code: 'INVALID' }] });
  });
});

it.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59-23:59'])(
  'usage measured at %s, which PostgreSQL cannot read, is rejected',
  async measuredAt => {
    const record = {
      organizationExternalId: 'msp/Contoso',
      usageType: 'Far away',
      quantity: '1',
      measuredAt,
    };
    const { reportUsage } = await api.ask(ReportUsageDocument, { records: [record] }, source);
    expect(reportUsage.rejected).toMatchObject([{ index: 0, code: 'INVALID' }]);
  },
);

describe('reported partners and organizations', () => {
  it.each([
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ timeZone: '+02:00' }, 'timeZone'],
    [{ invoiceDay: 32 }, 'invoiceDay'],
    [{ invoiceDay: 0 }, 'invoiceDay'],
  ])('with %o are rejected by the field, the others are kept', async (wrong, field) => {
    const good = { externalId: `good ${JSON.stringify(wrong)}`, name: 'Good' };
    const { upsertPartners } = await api.ask(
      UpsertPartnersDocument,
      { partners: [{ externalId: 'bad', name: 'Bad', ...wrong }, good] },
      source,
    );
    expect(upsertPartners).toMatchObject({ accepted: 1, rejected: [{ index: 0, code: 'INVALID' }] });
    expect(upsertPartners.rejected[0]!.message).toMatch(new RegExp(`^${field}: `));
  });

  it('of an unknown partner are rejected', async () => {
    const { upsertOrganizations } = await api.ask(
      UpsertOrganizationsDocument,
      { organizations: [{ externalId: 'o', partnerExternalId: 'nobody', name: 'O' }] },
      source,
    );
    expect(upsertOrganizations.rejected).toMatchObject([{ index: 0, code: 'UNKNOWN_PARTNER' }]);
  });
});
