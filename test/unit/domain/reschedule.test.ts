import { describe, expect, it } from 'vitest';
import type { Integration } from '../../../src/domain/integrations/integration.js';
import { reschedule, rescheduleMoved, unschedule } from '../../../src/domain/integrations/reschedule.js';
import { schedulesOf } from '../../../src/pipelines/registry.js';

const now = new Date('2026-11-23T15:00:00Z');
const calendar = { timeZone: 'America/Chicago', invoiceDay: 1 };
const rescheduling = { now, schedules: schedulesOf({ usageRunTime: '06:00' }) };
const overdue = new Date('2026-11-20T13:00:00Z');
const nextDigest = new Date('2026-11-24T13:00:00Z');
const nextUsage = new Date('2026-12-01T12:00:00Z');

const integration = (fields: Partial<Integration>) =>
  ({
    billingEnabled: true,
    dailyDigestEnabled: true,
    dailyDigestTime: '07:00',
    nextDigestAt: nextDigest,
    nextUsageAt: nextUsage,
    ...fields,
  }) as Integration;
const dueTimes = ({ nextDigestAt, nextUsageAt }: Integration) => ({ nextDigestAt, nextUsageAt });

describe('rescheduling', () => {
  it.each([
    ['sets what is not scheduled yet', { nextDigestAt: null, nextUsageAt: null }, nextDigest, nextUsage],
    ['moves what is due later', { nextDigestAt: new Date('2027-01-01T00:00:00Z') }, nextDigest, nextUsage],
    ['keeps what is overdue', { nextDigestAt: overdue, nextUsageAt: overdue }, overdue, overdue],
    [
      'clears what is switched off, even where it is overdue',
      { billingEnabled: false, dailyDigestEnabled: false, nextDigestAt: overdue },
      null,
      null,
    ],
  ])('%s', (_case, fields, nextDigestAt, nextUsageAt) => {
    const changed = integration(fields);
    reschedule(changed, calendar, rescheduling);
    expect(dueTimes(changed)).toEqual({ nextDigestAt, nextUsageAt });
  });
});

describe('unscheduling', () => {
  it('leaves no run scheduled', () => {
    const changed = integration({ nextDigestAt: overdue });
    unschedule(changed, rescheduling.schedules);
    expect(dueTimes(changed)).toEqual({ nextDigestAt: null, nextUsageAt: null });
  });
});

describe('rescheduling after a change of the options', () => {
  it.each<[string, Partial<Integration>, Partial<Integration>, Partial<Integration>]>([
    [
      'sets what was switched on',
      { billingEnabled: false, nextUsageAt: null },
      { billingEnabled: true },
      { nextUsageAt: nextUsage },
    ],
    ['clears what was switched off', {}, { dailyDigestEnabled: false }, { nextDigestAt: null }],
    [
      'moves a digest to its new time, even where it is overdue',
      { nextDigestAt: overdue },
      { dailyDigestTime: '10:00' },
      { nextDigestAt: new Date('2026-11-23T16:00:00Z') },
    ],
    [
      'leaves alone what the change does not move',
      { nextDigestAt: overdue, nextUsageAt: overdue },
      { createMissingAdditions: true },
      { nextDigestAt: overdue, nextUsageAt: overdue },
    ],
  ])('%s', (_case, before, change, expected) => {
    const changed = integration({ ...before, ...change });
    rescheduleMoved(changed, integration(before), calendar, rescheduling);
    expect(changed).toMatchObject(expected);
  });
});
