import type { BillingLevel, BillingRequest, PsaReference, UnresolvedReason } from '../../src/psa/adapter.js';
import { reference } from './boards.js';
import type { ConnectWiseClient } from './client.js';
import { quoted } from './conditions.js';

interface Integration {
  id: number;
  name: string;
  solution: string;
}

/** Nothing in it is required by ConnectWise's schema, so half-filled ones exist. */
interface CrossReference {
  vendorType?: string | null;
  vendorLevel?: string | null;
  agreementType?: { id?: number; name?: string } | null;
  product?: { id?: number; identifier?: string } | null;
  inactiveFlag?: boolean | null;
}

export interface BilledAs {
  agreementType: PsaReference;
  product: PsaReference;
}

/** The set-up that carries the vendor's solution, and others that look like it. */
export interface Solution {
  found: Integration | undefined;
  lookAlikes: Integration[];
}

/**
 * Finds the Managed Devices Integration whose name and solution are both the vendor's, to the letter.
 * ConnectWise's comparison probably ignores case (our inference) and the guide demands it, so it is compared here.
 */
export async function findSolution(client: ConnectWiseClient, solutionName: string): Promise<Solution> {
  const candidates = await client.getAll<Integration>('/company/managedDevicesIntegrations', {
    params: {
      conditions: `name=${quoted(solutionName)} or solution=${quoted(solutionName)}`,
      fields: 'id,name,solution',
    },
  });
  const isOurs = (candidate: Integration) =>
    candidate.name === solutionName && candidate.solution === solutionName;
  return { found: candidates.find(isOurs), lookAlikes: candidates.filter(candidate => !isOurs(candidate)) };
}

export async function crossReferences(
  client: ConnectWiseClient,
  solutionName: string,
): Promise<CrossReference[]> {
  const { found } = await findSolution(client, solutionName);
  if (!found) return [];
  return client.getAll<CrossReference>(`/company/managedDevicesIntegrations/${found.id}/crossReferences`);
}

/** The billing levels that the cross-references offer; those without type or level offer none. */
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

/** What a usage at a level is billed as, or why that is not clear. Type and level are compared to the letter. */
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
  return agreementType?.id === undefined
    ? undefined
    : reference({ id: agreementType.id, name: agreementType.name ?? '' });
}

function productOf({ product }: CrossReference): PsaReference | undefined {
  return product?.id === undefined
    ? undefined
    : reference({ id: product.id, name: product.identifier ?? '' });
}
