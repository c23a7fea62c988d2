import { describe, expect, it } from 'vitest';
import {
  type DeliveryFacts,
  stateOfUnsent,
  whyNotDelivered,
} from '../../../src/domain/deliveries/delivery-policy.js';
import { type ReasonCode, reasons } from '../../../src/domain/deliveries/reasons.js';

type Of<Kind extends DeliveryFacts['kind']> = Extract<DeliveryFacts, { kind: Kind }>;

const event: Of<'EVENT'> = {
  kind: 'EVENT',
  mapped: true,
  hasServiceBoard: true,
  hasPriority: true,
  superseded: false,
};
const digest: Of<'DIGEST'> = {
  kind: 'DIGEST',
  mapped: true,
  hasServiceBoard: true,
  digestEnabled: true,
  anythingReported: true,
};
const usage: Of<'USAGE'> = {
  kind: 'USAGE',
  billingEnabled: true,
  updateAgreementAdditions: true,
  outdated: false,
  remapped: false,
};

describe('a delivery is sent', () => {
  it.each<DeliveryFacts>([event, digest, usage, { kind: 'TEST' }])(
    '$kind where nothing is against it',
    facts => {
      expect(whyNotDelivered(facts)).toBeNull();
    },
  );
});

describe('a delivery is not sent', () => {
  it.each<[ReasonCode, DeliveryFacts]>([
    ['UNMAPPED', { ...event, mapped: false }],
    ['SUPERSEDED', { ...event, superseded: true }],
    ['NO_PRIORITY', { ...event, hasPriority: false }],
    ['NO_SERVICE_BOARD', { ...event, hasServiceBoard: false }],
    ['NOTHING_KNOWN', { ...digest, anythingReported: false }],
    ['UNMAPPED', { ...digest, mapped: false }],
    ['NO_SERVICE_BOARD', { ...digest, hasServiceBoard: false }],
    ['DIGEST_OFF', { ...digest, digestEnabled: false }],
    ['OUTDATED', { ...usage, outdated: true }],
    ['REMAPPED', { ...usage, remapped: true }],
    ['BILLING_OFF', { ...usage, billingEnabled: false }],
    ['ADDITIONS_OFF', { ...usage, updateAgreementAdditions: false }],
  ])('%s: %o', (reason, facts) => {
    expect(whyNotDelivered(facts)).toBe(reason);
  });

  it.each<[ReasonCode, DeliveryFacts]>([
    ['UNMAPPED', { ...event, mapped: false, superseded: true, hasPriority: false, hasServiceBoard: false }],
    ['SUPERSEDED', { ...event, superseded: true, hasPriority: false, hasServiceBoard: false }],
    ['NO_PRIORITY', { ...event, hasPriority: false, hasServiceBoard: false }],
    ['NOTHING_KNOWN', { ...digest, anythingReported: false, mapped: false, digestEnabled: false }],
    ['OUTDATED', { ...usage, outdated: true, remapped: true, billingEnabled: false }],
    ['REMAPPED', { ...usage, remapped: true, billingEnabled: false, updateAgreementAdditions: false }],
    ['BILLING_OFF', { ...usage, billingEnabled: false, updateAgreementAdditions: false }],
  ])('for the first of several reasons, %s', (reason, facts) => {
    expect(whyNotDelivered(facts)).toBe(reason);
  });
});

describe('the state of what is not sent', () => {
  it('needs approval only where the mapping of a quantity changed', () => {
    const failed = (Object.keys(reasons) as ReasonCode[]).filter(
      reason => stateOfUnsent(reason) === 'FAILED',
    );
    expect(failed).toEqual(['REMAPPED']);
  });
});
