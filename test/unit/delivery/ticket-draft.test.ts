import { describe, expect, it } from 'vitest';
import type { ClaimedTicket } from '../../../src/delivery/claimed-delivery.js';
import type { DeliveryOptions } from '../../../src/delivery/delivery-options.js';
import type { PageFacts } from '../../../src/delivery/read-page-facts.js';
import { ticketDraft } from '../../../src/delivery/ticket-draft.js';

const options: DeliveryOptions = {
  timeZone: 'America/Chicago',
  serviceBoard: { id: '10', name: 'Service' },
  serviceType: { id: '20', name: 'Backup' },
  serviceSubtype: { id: '30', name: 'Failure' },
  priorities: {
    SUCCESS: { id: '4', name: 'Low' },
    WARNING: { id: '3', name: 'Medium' },
    ERROR: { id: '1', name: 'High' },
  },
  catchUp: 'LAST_WITH_COUNT',
  dailyDigestEnabled: true,
  billingEnabled: false,
  updateAgreementAdditions: false,
  createMissingAdditions: false,
};
const facts: PageFacts = {
  options,
  customers: new Map([['org', { organization: 'Contoso', companyId: '77' }]]),
  jobResults: new Map([
    [
      'event',
      {
        deliveryId: 'event',
        externalId: 'job-1',
        jobName: 'Nightly',
        device: 'SRV01',
        status: 'ERROR',
        startedAt: '2026-11-25T05:00:00Z',
        endedAt: '2026-11-25T06:30:00Z',
        protectedBytes: '1250000000',
        message: 'Disk full',
      },
    ],
  ]),
  catchUps: new Map(),
  usage: new Map(),
};
const claimed = {
  attempts: 1,
  wasUnsure: false,
  createdAt: '2026-11-25T06:31:00Z',
  organizationId: 'org',
  summary: 'as it was called when it was planned',
};
const event: ClaimedTicket = { ...claimed, id: 'event', kind: 'EVENT' };
const digest: ClaimedTicket = {
  ...claimed,
  id: 'digest',
  kind: 'DIGEST',
  content: { body: 'the day', worst: 'WARNING' },
};
const test: ClaimedTicket = {
  ...claimed,
  id: 'test',
  kind: 'TEST',
  organizationId: null,
  content: { body: 'a test', companyId: '99' },
};

describe('the ticket of a delivery', () => {
  it.each([
    ['an event', event, 'psa-bridge-event'],
    ['a digest', digest, 'psa-bridge-digest'],
    ['a test', test, 'psa-bridge-test'],
  ])('%s carries the reference of its delivery', (_kind, delivery, reference) => {
    expect(ticketDraft(delivery, facts)).toMatchObject({ reference });
  });

  it.each([
    ['for an event, to the company that its customer is mapped to now', event, '77'],
    ['for a digest, to the company that its customer is mapped to now', digest, '77'],
    ['for a test, to the company that a person chose', test, '99'],
  ])('is addressed %s', (_kind, delivery, companyId) => {
    expect(ticketDraft(delivery, facts)).toMatchObject({ companyId });
  });

  it.each([
    ['for an event by its result', event, '1'],
    ['for a digest by the worst result of the day', digest, '3'],
    ['for a test by the PSA itself', test, undefined],
  ])('has a priority that is chosen %s', (_kind, delivery, priorityId) => {
    expect(ticketDraft(delivery, facts).priorityId).toBe(priorityId);
  });

  it('is created on the board, with the type and subtype that the partner chose', () => {
    expect(ticketDraft(event, facts)).toMatchObject({ boardId: '10', typeId: '20', subtypeId: '30' });
  });

  it('of a result says what failed, with times in the partner’s zone', () => {
    const { summary, body } = ticketDraft(event, facts);
    expect(summary).toBe('Backup failed: SRV01 (Nightly) - Contoso');
    expect(body).toContain('Ended: 2026-11-25 00:30 (America/Chicago), after 90 minutes');
    expect(body).toContain('Disk full');
  });

  it('of a digest contains the text of the pipeline', () => {
    expect(ticketDraft(digest, facts)).toMatchObject({
      summary: 'as it was called when it was planned',
      body: 'the day',
    });
  });

  it.each([
    ['LAST_WITH_COUNT', true],
    ['LAST', false],
  ] as const)('says with %s what was left out before it: %s', (catchUp, says) => {
    const left = { deliveryId: 'event', superseded: false, failed: 2, warned: 1, succeeded: 0 };
    const { body } = ticketDraft(event, {
      ...facts,
      options: { ...options, catchUp },
      catchUps: new Map([['event', left]]),
    });
    expect(body.includes('the job ended: 2 failed, 1 with warnings')).toBe(says);
  });

  it('is not written for a customer without a company', () => {
    const unmapped = new Map([['org', { organization: 'Contoso', companyId: null }]]);
    expect(() => ticketDraft(event, { ...facts, customers: unmapped })).toThrow('no company');
  });
});
