import type { DeliveryState } from './delivery.js';
import type { ReasonCode } from './reasons.js';

/** What decides whether a delivery is wanted: the integration's options and mappings, and what happened meanwhile. */
export type DeliveryFacts =
  | {
      kind: 'EVENT';
      mapped: boolean;
      hasServiceBoard: boolean;
      /** The partner chose a priority for results of this status. */
      hasPriority: boolean;
      /** A later result of the same job waited too, and the partner wants only the last one. */
      superseded: boolean;
    }
  | {
      kind: 'DIGEST';
      mapped: boolean;
      hasServiceBoard: boolean;
      digestEnabled: boolean;
      /** Some backup of the organization was reported, ever. */
      anythingReported: boolean;
    }
  | {
      kind: 'USAGE';
      billingEnabled: boolean;
      updateAgreementAdditions: boolean;
      /** A newer usage run has planned since. */
      outdated: boolean;
      /** The mapping that the quantity was planned by has changed since. */
      remapped: boolean;
    }
  | { kind: 'TEST' };

/**
 * Why a delivery is not sent; null where it is. Asked when a delivery is planned, and again before each attempt with the
 * facts as they are then. The first reason that applies is the one that a person reads.
 */
export function whyNotDelivered(facts: DeliveryFacts): ReasonCode | null {
  switch (facts.kind) {
    case 'EVENT':
      if (!facts.mapped) return 'UNMAPPED';
      if (facts.superseded) return 'SUPERSEDED';
      if (!facts.hasPriority) return 'NO_PRIORITY';
      return facts.hasServiceBoard ? null : 'NO_SERVICE_BOARD';
    case 'DIGEST':
      if (!facts.anythingReported) return 'NOTHING_KNOWN';
      if (!facts.mapped) return 'UNMAPPED';
      if (!facts.hasServiceBoard) return 'NO_SERVICE_BOARD';
      return facts.digestEnabled ? null : 'DIGEST_OFF';
    case 'USAGE':
      if (facts.outdated) return 'OUTDATED';
      if (facts.remapped) return 'REMAPPED';
      if (!facts.billingEnabled) return 'BILLING_OFF';
      return facts.updateAgreementAdditions ? null : 'ADDITIONS_OFF';
    case 'TEST':
      return null;
  }
}

/** The state of a delivery that is not sent for this reason. A changed mapping needs a person: the rest is as wanted. */
export function stateOfUnsent(reason: ReasonCode): `${DeliveryState.SKIPPED | DeliveryState.FAILED}` {
  return reason === 'REMAPPED' ? 'FAILED' : 'SKIPPED';
}
