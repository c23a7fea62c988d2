import type { Job } from 'agenda';
import { type Logger, pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runJob } from '../../../src/jobs/run-job.js';
import { openLog } from '../../../src/observability/log.js';
import type { Metrics } from '../../../src/observability/metrics.js';

const observed = { lag: vi.fn(), run: vi.fn() };
const metrics = { observeJobLag: observed.lag, observeJob: observed.run } as unknown as Metrics;
const silent = pino({ level: 'silent' });

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-11-23T12:00:00Z') }));
afterEach(() => {
  vi.useRealTimers();
  vi.resetAllMocks();
});

function jobDue(dueAt?: string) {
  const touch = vi.fn(async () => 0);
  const attrs = { name: 'deliver', data: { integrationId: 'one' }, dueAt: dueAt && new Date(dueAt) };
  return { job: { attrs, touch } as unknown as Job, touch };
}

describe('running a job', () => {
  it('measures how late it begins and how long it takes', async () => {
    const { job } = jobDue('2026-11-23T11:59:30Z');
    await runJob(job, { metrics, logger: silent }, async () => void vi.advanceTimersByTime(2_000));
    expect(observed.lag.mock.calls).toEqual([['deliver', 30]]);
    expect(observed.run.mock.calls).toEqual([['deliver', false, 2]]);
  });

  it('measures no lag where the due time is unknown', async () => {
    await runJob(jobDue().job, { metrics, logger: silent }, async () => {});
    expect(observed.lag).not.toHaveBeenCalled();
  });

  it('counts a failure, logs it with job and integration, and rethrows it', async () => {
    const lines: string[] = [];
    const logger: Logger = openLog('error', { write: line => void lines.push(line) });
    const failed = runJob(jobDue().job, { metrics, logger }, async () => {
      throw new Error('the database is gone');
    });
    await expect(failed).rejects.toThrow('the database is gone');
    expect(observed.run.mock.calls).toEqual([['deliver', true, expect.any(Number)]]);
    expect(lines.map(line => JSON.parse(line))).toEqual([
      expect.objectContaining({
        msg: 'a job failed',
        job: 'deliver',
        integration: 'one',
        err: expect.objectContaining({ message: 'the database is gone' }),
      }),
    ]);
  });

  it('adds job and integration to the log lines of the work', async () => {
    const lines: string[] = [];
    const logger = openLog('info', { write: line => void lines.push(line) });
    await runJob(jobDue().job, { metrics, logger }, async () => logger.info('at work'));
    expect(JSON.parse(lines[0]!)).toMatchObject({ msg: 'at work', job: 'deliver', integration: 'one' });
  });

  it('renews the lock every 20 seconds until the work ends', async () => {
    const { job, touch } = jobDue();
    await runJob(job, { metrics, logger: silent }, async () => {
      await vi.advanceTimersByTimeAsync(59_000);
    });
    expect(touch).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(touch).toHaveBeenCalledTimes(2);
  });
});
