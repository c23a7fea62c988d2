import type { BillingLevel, BillingRequest, PsaReference, UnresolvedReason } from 'psa-bridge/plugin';
import { reference } from './boards.js';
import type { ConnectWiseClient } from './client.js';
import { quoted } from './conditions.js';
import { type CrossReference, crossReference, type SolutionRecord, solutionRecord } from './records.js';

export interface BilledAs {
  agreementType: PsaReference;
  product: PsaReference;
}

/** The Managed Devices Integration of the vendor's solution, and others with a similar name. */
export interface Solution {
  found: SolutionRecord | undefined;
  lookAlikes: SolutionRecord[];
}

/**
 * Finds the Managed Devices Integration whose name and solution are both exactly the vendor's, as the developer guide
 * demands. ConnectWise's own comparison probably ignores case (our inference), so the texts are compared here again.
 */
export async function findSolution(client: ConnectWiseClient, solutionName: string): Promise<Solution> {
  const candidates = await client.getAll('/company/managedDevicesIntegrations', solutionRecord, {
    params: {
      conditions: `name=${quoted(solutionName)} or solution=${quoted(solutionName)}`,
      fields: 'id,name,solution',
    },
  });
  const isOurs = (candidate: SolutionRecord) =>
    candidate.name === solutionName && candidate.solution === solutionName;
  return { found: candidates.find(isOurs), lookAlikes: candidates.filter(candidate => !isOurs(candidate)) };
}

export async function crossReferences(
  client: ConnectWiseClient,
  solutionName: string,
): Promise<CrossReference[]> {
  const { found } = await findSolution(client, solutionName);
  if (!found) return [];
  return client.getAll(`/company/managedDevicesIntegrations/${found.id}/crossReferences`, crossReference);
}

/** The billing levels of the cross-references; those without type or level are left out. */
export function toBillingLevels(rows: readonly CrossReference[]): BillingLevel[] {
  return rows.flatMap(row =>
    row.vendorType && row.vendorLevel
      ? [
          {
            level: row.vendorLevel,
            usageType: row.vendorType,
            agreementType: agreementTypeOf(row),
            product: productOf(row),
            active: !row.inactiveFlag && agreementTypeOf(row) !== undefined && productOf(row) !== undefined,
          },
        ]
      : [],
  );
}

/** What a usage type at a level is billed as, or why that is not clear. Compares type and level exactly. */
export function billedAs(
  rows: readonly CrossReference[],
  { usageType, level }: BillingRequest,
): BilledAs | { reason: UnresolvedReason; message: string } {
  const name = `Type "${usageType}" and Level "${level}"`;
  const matching = rows.filter(row => row.vendorType === usageType && row.vendorLevel === level);
  if (matching.length === 0) {
    return {
      reason: 'NO_SUCH_LEVEL',
      message: `The Managed Devices Integration has no cross-reference of ${name}. Add one (the texts are case sensitive), or choose another level.`,
    };
  }
  const enabled = matching.filter(row => !row.inactiveFlag);
  if (enabled.length === 0) {
    return {
      reason: 'LEVEL_DISABLED',
      message: `The cross-reference of ${name} is set to "Disable: Do Not Integrate".`,
    };
  }
  const complete = new Map<string, BilledAs>();
  for (const row of enabled) {
    const agreementType = agreementTypeOf(row);
    const product = productOf(row);
    if (agreementType && product)
      complete.set(`${agreementType.id}/${product.id}`, { agreementType, product });
  }
  const [only, ...others] = complete.values();
  if (!only) {
    return {
      reason: 'LEVEL_INCOMPLETE',
      message: `The cross-reference of ${name} lacks an agreement type or a product. Fill in both.`,
    };
  }
  if (others.length > 0) {
    return {
      reason: 'LEVEL_AMBIGUOUS',
      message: `Several cross-references of ${name} name different agreement types or products. Leave one enabled.`,
    };
  }
  return only;
}

function agreementTypeOf({ agreementType }: CrossReference): PsaReference | undefined {
  return agreementType?.id == null
    ? undefined
    : reference({ id: agreementType.id, name: agreementType.name ?? '' });
}

function productOf({ product }: CrossReference): PsaReference | undefined {
  return product?.id == null ? undefined : reference({ id: product.id, name: product.identifier ?? '' });
}
