import { describe, expect, it } from 'vitest';
import { IntegrationStatus } from '../../../src/domain/integrations/integration.js';
import type { NoticePayload } from '../../../src/domain/notices/notice-payload.js';
import { NoticeType } from '../../../src/domain/notices/notice-type.js';
import { PipelineName } from '../../../src/domain/runs/pipeline-name.js';
import { RunState } from '../../../src/domain/runs/sync-run.js';
import { writeMail } from '../../../src/notifications/write-mail.js';

const run = {
  id: 'run-1',
  pipeline: PipelineName.USAGE,
  date: '2026-11-23',
  state: RunState.PARTIAL,
  total: 5,
  delivered: 2,
  skipped: 0,
  failed: 3,
  held: 2,
};

function mail(type: NoticeType, data: Partial<NoticePayload['data']> = {}) {
  return writeMail(
    {
      type,
      timestamp: '2026-11-23T15:00:00Z',
      data: {
        integrationId: 'integration-1',
        partner: { id: 'partner-1', externalId: 'acme', name: 'Acme IT' },
        psa: 'some-psa',
        status: IntegrationStatus.CONNECTED,
        reason: null,
        ...data,
      },
    },
    { psaName: 'Some PSA', timeZone: 'America/Chicago' },
  );
}

describe('the e-mail of a notice', () => {
  it.each([
    [NoticeType.NEEDS_ATTENTION, 'Some PSA of Acme IT needs attention'],
    [NoticeType.RECOVERED, 'Some PSA of Acme IT works again'],
    [NoticeType.RUN_FAILED, 'Some PSA of Acme IT: the usage run of 2026-11-23 has failed deliveries'],
    [NoticeType.DELIVERY_HELD, 'Some PSA of Acme IT: the usage run of 2026-11-23 waits for approval'],
  ])('%s has the subject "%s"', (type, subject) => {
    expect(mail(type, { run }).subject).toBe(subject);
  });

  it('names partner and PSA, and gives times in the partner’s zone', () => {
    const { text } = mail(NoticeType.RECOVERED, { since: '2026-11-23T12:30:00Z' });
    expect(text).toContain('Partner: Acme IT\nPSA: Some PSA');
    expect(text).toContain('works since 2026-11-23 09:00 (America/Chicago)');
    expect(text).toContain('needed attention since 2026-11-23 06:30 (America/Chicago)');
  });

  it('says how to fix a problem', () => {
    const { text } = mail(NoticeType.NEEDS_ATTENTION, { reason: 'Enter the password again.' });
    expect(text).toContain('What to do: Enter the password again.');
  });

  it('counts what failed and what waits for approval', () => {
    expect(mail(NoticeType.RUN_FAILED, { run }).text).toContain('3 of 5 deliveries failed');
    expect(mail(NoticeType.DELIVERY_HELD, { run }).text).toContain('2 of 5 quantities wait');
  });

  it('names a digest by its day', () => {
    const digest = { ...run, pipeline: PipelineName.DIGEST, date: '2026-11-22' };
    expect(mail(NoticeType.RUN_FAILED, { run: digest }).subject).toContain('the digest of 2026-11-22');
  });
});
