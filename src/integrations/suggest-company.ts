import type { Integration } from '../domain/integrations/integration.js';
import type { PsaCompany } from '../psa/adapter.js';
import { PsaError } from '../psa/errors.js';
import type { PsaLookups } from './psa-lookups.js';

/**
 * Suggests companies by name, whatever its case, for organizations that are not mapped. The PSA is asked once for all
 * `names`, and only when the first suggestion is wanted. Null where no company or more than one has the name, and while
 * the PSA cannot be asked.
 */
export function companySuggestions(
  lookups: Pick<PsaLookups, 'companiesByName'>,
  integration: Integration,
  names: readonly string[],
): (name: string) => Promise<PsaCompany | null> {
  let found: Promise<Map<string, PsaCompany | null>> | undefined;
  return async name => {
    found ??= companiesNamed(lookups, integration, names);
    return (await found).get(comparable(name)) ?? null;
  };
}

async function companiesNamed(
  lookups: Pick<PsaLookups, 'companiesByName'>,
  integration: Integration,
  names: readonly string[],
): Promise<Map<string, PsaCompany | null>> {
  const byName = new Map<string, PsaCompany | null>();
  try {
    for (const company of await lookups.companiesByName(integration, names)) {
      const name = comparable(company.name);
      byName.set(name, byName.has(name) ? null : company);
    }
  } catch (error) {
    if (!(error instanceof PsaError)) throw error;
  }
  return byName;
}

function comparable(name: string): string {
  return name.trim().toLowerCase();
}
