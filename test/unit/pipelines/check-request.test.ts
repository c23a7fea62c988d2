import { describe, expect, it } from 'vitest';
import type { Integration } from '../../../src/domain/integrations/integration.js';
import { PipelineName, pipelineTerms } from '../../../src/domain/runs/pipeline-name.js';
import { RunTrigger } from '../../../src/domain/runs/sync-run.js';
import { checkRequest } from '../../../src/pipelines/check-request.js';
import type { RunRequest } from '../../../src/pipelines/pipeline.js';
import { allPipelines, pipelines } from '../../../src/pipelines/registry.js';

const { USAGE, DIGEST, EVENTS } = PipelineName;
const { MANUAL, SCHEDULE } = RunTrigger;

interface Asked {
  /** It is the 23rd of November 2026, 09:00 in Chicago, unless a case says otherwise. */
  now?: string;
  timeZone?: string;
  invoiceDay?: number;
  billingEnabled?: boolean;
  dailyDigestEnabled?: boolean;
  trigger?: RunTrigger;
  dryRun?: boolean;
}

function request({
  now = '2026-11-23T15:00:00Z',
  timeZone = 'America/Chicago',
  invoiceDay = 23,
  billingEnabled = true,
  dailyDigestEnabled = true,
  trigger = MANUAL,
  dryRun = false,
}: Asked): RunRequest {
  return {
    integration: { billingEnabled, dailyDigestEnabled, dailyDigestTime: '07:00' } as Integration,
    partner: { id: 'p', timeZone, invoiceDay },
    trigger,
    dryRun,
    now: new Date(now),
  };
}

describe('the date of a run that is started without one', () => {
  it.each<[PipelineName, string, Asked, string | null]>([
    [USAGE, 'the invoice date that is today', {}, '2026-11-23'],
    [USAGE, 'the last invoice date before today', { invoiceDay: 24 }, '2026-10-24'],
    [USAGE, 'the last day of a short month', { invoiceDay: 31, now: '2026-02-28T18:00:00Z' }, '2026-02-28'],
    [
      USAGE,
      'the invoice date in the partner’s time zone, not in UTC',
      { now: '2026-11-23T05:59:59Z' },
      '2026-10-23',
    ],
    [DIGEST, 'yesterday once the digest time has come', {}, '2026-11-22'],
    [DIGEST, 'the day before yesterday until then', { now: '2026-11-23T12:59:59Z' }, '2026-11-21'],
    [
      DIGEST,
      'yesterday in the partner’s time zone',
      { timeZone: 'Pacific/Auckland', now: '2026-11-22T18:00:00Z' },
      '2026-11-22',
    ],
    [EVENTS, 'none: all results that have no ticket', {}, null],
  ])('%s: %s', (name, _case, asked, date) => {
    expect(pipelines[name].defaultDate(request(asked))).toBe(date);
  });
});

describe('a request for a run', () => {
  it.each<[PipelineName, string, string | null, Asked, string | undefined]>([
    [USAGE, 'for an invoice date that has come', '2026-11-23', {}, undefined],
    [USAGE, 'for an earlier invoice date', '2026-10-23', {}, undefined],
    [USAGE, 'for the last day of a short month', '2026-02-28', { invoiceDay: 31 }, undefined],
    [USAGE, 'for another day', '2026-11-22', {}, 'NOT_AN_INVOICE_DATE'],
    [
      USAGE,
      'for another day, where the schedule set it before the invoice day was changed',
      '2026-11-22',
      { trigger: SCHEDULE },
      undefined,
    ],
    [USAGE, 'for another day, dry', '2026-11-22', { dryRun: true }, 'NOT_AN_INVOICE_DATE'],
    [USAGE, 'for the next invoice date', '2026-12-23', {}, 'NOT_OVER'],
    [USAGE, 'for the next invoice date, dry', '2026-12-23', { dryRun: true }, undefined],
    [
      USAGE,
      'for a date that has come in UTC only',
      '2026-11-24',
      { invoiceDay: 24, now: '2026-11-24T05:59:59Z' },
      'NOT_OVER',
    ],
    [
      USAGE,
      'for a date that has come for the partner only',
      '2026-11-24',
      { invoiceDay: 24, timeZone: 'Pacific/Auckland', now: '2026-11-23T11:00:00Z' },
      undefined,
    ],
    [USAGE, 'for a day that does not exist', '2026-02-30', {}, 'INVALID'],
    [USAGE, 'for words', 'yesterday', {}, 'INVALID'],
    [USAGE, 'while billing is off', '2026-11-23', { billingEnabled: false }, 'BILLING_DISABLED'],
    [USAGE, 'for words while billing is off', 'yesterday', { billingEnabled: false }, 'BILLING_DISABLED'],
    [USAGE, 'dry, while billing is off', '2026-11-23', { billingEnabled: false, dryRun: true }, undefined],
    [USAGE, 'while the digest is off', '2026-11-23', { dailyDigestEnabled: false }, undefined],
    [DIGEST, 'for yesterday', '2026-11-22', {}, undefined],
    [DIGEST, 'for today, which is not over', '2026-11-23', {}, undefined],
    [DIGEST, 'for tomorrow', '2026-11-24', {}, 'NOT_OVER'],
    [DIGEST, 'for tomorrow, dry', '2026-11-24', { dryRun: true }, 'NOT_OVER'],
    [DIGEST, 'for words', 'yesterday', {}, 'INVALID'],
    [DIGEST, 'while the digest is off', '2026-11-22', { dailyDigestEnabled: false }, 'DIGEST_DISABLED'],
    [
      DIGEST,
      'dry, while the digest is off',
      '2026-11-22',
      { dailyDigestEnabled: false, dryRun: true },
      undefined,
    ],
    [DIGEST, 'while billing is off', '2026-11-22', { billingEnabled: false }, undefined],
    [EVENTS, 'for all results', null, {}, undefined],
    [EVENTS, 'for yesterday', '2026-11-22', {}, undefined],
    [EVENTS, 'for tomorrow', '2026-11-24', {}, 'NOT_OVER'],
    [EVENTS, 'for tomorrow, dry', '2026-11-24', { dryRun: true }, 'NOT_OVER'],
    [EVENTS, 'for words', 'yesterday', {}, 'INVALID'],
    [
      EVENTS,
      'while billing and digest are off',
      null,
      { billingEnabled: false, dailyDigestEnabled: false },
      undefined,
    ],
  ])('%s: %s', (name, _case, date, asked, code) => {
    expect(checkRequest(pipelines[name], request(asked), date)?.code).toBe(code);
  });

  it('names the argument, and explains the error to a person', () => {
    expect(checkRequest(pipelines.USAGE, request({}), '2026-11-24')).toEqual({
      field: ['date'],
      code: 'NOT_AN_INVOICE_DATE',
      message:
        '2026-11-24 is not an invoice date: the invoice day is 23. The invoice date before it is 2026-11-23.',
    });
  });
});

describe('the registry', () => {
  it('has each pipeline under its own name', () => {
    expect(Object.entries(pipelines).map(([name, pipeline]) => [name, pipeline.name])).toEqual(
      Object.values(PipelineName).map(name => [name, name]),
    );
  });

  it('has a job for each pipeline that a job plans, and for no other', () => {
    const jobs = allPipelines.map(({ planning }) => (planning.how === 'BY_JOB' ? planning.job : null));
    expect(jobs).toEqual(allPipelines.map(({ name }) => pipelineTerms[name].job));
  });

  it('describes every error code of a check', () => {
    const described = allPipelines.flatMap(({ problems }) => problems).join(' ');
    const off = request({ billingEnabled: false, dailyDigestEnabled: false });
    const codes = allPipelines.flatMap(pipeline => pipeline.disabled(off.integration)?.code ?? []);
    expect(codes.filter(code => !described.includes(`\`${code}\``))).toEqual([]);
  });
});
