import { describe, expect, it } from 'vitest';
import { type DigestFacts, writeDigest } from '../../../src/domain/backups/digest.js';

const quiet: DigestFacts = {
  organization: 'PM Customer #1',
  date: '2026-11-22',
  soFar: false,
  timeZone: 'America/Chicago',
  succeeded: 2,
  warned: 0,
  failed: 0,
  problems: [],
  devices: [{ name: 'SRV01', backedUpThatDay: true, lastGoodAt: new Date('2026-11-22T08:15:00Z') }],
};

describe('the daily digest', () => {
  it('is readable plain text, with what needs attention first', () => {
    const digest = writeDigest({
      ...quiet,
      succeeded: 3,
      warned: 1,
      failed: 1,
      problems: [
        {
          status: 'ERROR',
          jobName: 'Nightly',
          device: 'SRV02',
          endedAt: new Date('2026-11-22T09:00:00Z'),
          message: 'Disk full\nat byte 7',
        },
        {
          status: 'WARNING',
          jobName: 'Mail',
          device: null,
          endedAt: new Date('2026-11-22T10:30:00Z'),
          message: null,
        },
      ],
      devices: [
        { name: 'SRV01', backedUpThatDay: true, lastGoodAt: new Date('2026-11-22T08:15:00Z') },
        { name: 'SRV02', backedUpThatDay: false, lastGoodAt: new Date('2026-11-21T08:15:00Z') },
        { name: 'SRV03', backedUpThatDay: false, lastGoodAt: null },
      ],
    });
    expect(
      digest.body,
    ).toBe(`Backups of PM Customer #1 on 2026-11-22 (America/Chicago): 1 failed, 1 with warnings, 3 succeeded, 2 without backup.

Failed:
- 2026-11-22 03:00 SRV02 (Nightly): Disk full

With warnings:
- 2026-11-22 04:30 Mail

No backup that day:
- SRV02: last good backup 2026-11-21 02:15
- SRV03: no good backup in the last 31 days

Backed up:
- SRV01: last good backup 2026-11-22 02:15`);
  });

  it('names counts and customer in its summary', () => {
    expect(writeDigest(quiet).summary).toBe(
      'Backup digest 2026-11-22: 0 failed, 0 with warnings, 2 succeeded - PM Customer #1',
    );
  });

  it('says that an unfinished day is unfinished', () => {
    expect(writeDigest({ ...quiet, soFar: true }).summary).toContain('2026-11-22 so far');
  });

  it.each([
    ['an error if anything failed', { failed: 1, warned: 3 }, 'ERROR'],
    [
      'a warning if a device has no backup',
      { devices: [{ name: 'SRV09', backedUpThatDay: false, lastGoodAt: null }] },
      'WARNING',
    ],
    ['a success otherwise', {}, 'SUCCESS'],
  ])('counts as %s', (_case, facts, worst) => {
    expect(writeDigest({ ...quiet, ...facts }).worst).toBe(worst);
  });

  it('stays within the length of a ticket', () => {
    const problems = Array.from({ length: 5_000 }, (_, n) => ({
      status: 'ERROR' as const,
      jobName: `Job ${n}`,
      device: null,
      endedAt: new Date(0),
      message: 'x'.repeat(2_000),
    }));
    const { body } = writeDigest({ ...quiet, failed: 5_000, problems });
    expect(body).toContain('- and 4900 more');
    expect(body.length).toBeLessThan(40_000);
  });
});
