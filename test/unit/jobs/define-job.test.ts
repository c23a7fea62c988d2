import type { Agenda, Job } from 'agenda';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defineIntegrationJob, defineScheduledJob } from '../../../src/jobs/define-job.js';
import type { IntegrationJob, ScheduledJob } from '../../../src/jobs/job.js';
import type { JobStore } from '../../../src/jobs/job-store.js';
import type { Metrics } from '../../../src/observability/metrics.js';

const machineClock = new Date('2026-11-23T12:00:00Z');
/** The service's clock differs from the machine's, as in tests. */
const serviceClock = new Date('2030-01-01T00:00:00Z');
const stop = new AbortController().signal;

const happened: unknown[] = [];
const dependencies = {
  jobStore: {
    dropWaiting: async (...asked: unknown[]) => void happened.push(['drop', ...asked]),
    wakeAt: async (...asked: unknown[]) => void happened.push(['wake', ...asked]),
  } as unknown as JobStore,
  metrics: { observeJobLag() {}, observeJob() {} } as unknown as Metrics,
  logger: pino({ level: 'silent' }),
  now: () => serviceClock,
};

beforeEach(() => void vi.useFakeTimers({ now: machineClock, toFake: ['Date'] }));
afterEach(() => {
  vi.useRealTimers();
  happened.splice(0);
});

/** What Agenda gets for a job: how to run it, and its limits. */
function defined(define: (agenda: Agenda) => void) {
  const spy = vi.fn();
  define({ define: spy } as unknown as Agenda);
  const [name, run, limits] = spy.mock.calls[0]!;
  return { name, limits, run: (data: object) => run({ attrs: { name, data } } as Job) as Promise<void> };
}

function integrationJob(next: Date | null) {
  const job: IntegrationJob<typeof dependencies> = {
    name: 'deliver',
    concurrency: 3,
    work: async (...given) => {
      happened.push(['work', ...given]);
      return next;
    },
  };
  return defined(agenda => defineIntegrationJob(agenda, job, dependencies, stop));
}

describe('an integration job', () => {
  it('drops the wake-ups that wait, then works', async () => {
    await integrationJob(null).run({ integrationId: 'one' });
    expect(happened).toEqual([
      ['drop', 'deliver', 'one'],
      ['work', dependencies, 'one', stop],
    ]);
  });

  it.each([
    ['at that time, on the machine’s clock', 45_000, '2026-11-23T12:00:45Z'],
    ['now, if that time has passed', -5_000, '2026-11-23T12:00:00Z'],
  ])('whose work returns the next time wakes its integration %s', async (_when, inMs, at) => {
    await integrationJob(new Date(serviceClock.getTime() + inMs)).run({ integrationId: 'one' });
    expect(happened.at(-1)).toEqual(['wake', 'deliver', 'one', new Date(at)]);
  });

  it('leaves work that is due in more than a minute to the tick', async () => {
    await integrationJob(new Date(serviceClock.getTime() + 60_001)).run({ integrationId: 'one' });
    expect(happened).not.toContainEqual(expect.arrayContaining(['wake']));
  });

  it('takes twice as many jobs as it runs at once, so that the next one is ready', () => {
    const { name, limits } = integrationJob(null);
    expect([name, limits]).toEqual(['deliver', { concurrency: 3, lockLimit: 6 }]);
  });
});

describe('a scheduled job', () => {
  it('runs once at a time', async () => {
    const job: ScheduledJob<typeof dependencies> = {
      name: 'tick',
      every: '1 minute',
      atStart: true,
      work: async (...given) => void happened.push(['work', ...given]),
    };
    const { limits, run } = defined(agenda => defineScheduledJob(agenda, job, dependencies, stop));
    await run({});
    expect([happened, limits]).toEqual([[['work', dependencies, stop]], { concurrency: 1, lockLimit: 1 }]);
  });
});
