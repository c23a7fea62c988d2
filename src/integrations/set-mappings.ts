import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../db/sql.js';
import type { Integration } from '../domain/integrations/integration.js';
import { Organization } from '../domain/partners/organization.js';
import type { Problem } from '../domain/problem.js';
import { rowsOf } from '../domain/tables.js';
import type { PsaCompany } from '../psa/adapter.js';
import { storableText } from '../text/storable-text.js';
import { isUuid } from '../text/uuid.js';
import type { PsaLookups } from './psa-lookups.js';
import { saveMappings } from './save-mappings.sql.js';

const longestLevel = 200;

/** What an organization is mapped to from now on. */
export interface MappingChange {
  organizationId: string;
  /** The PSA's id. Null or left out: not mapped. */
  companyId?: string | null;
  /** Null or left out: "Default". */
  billingLevel?: string | null;
}

/**
 * Maps organizations to companies, or unmaps them. Every row is checked first, companies and levels in the PSA. All rows
 * are saved, or none. Problems are at `["mappings", index, name]`: NOT_FOUND, DUPLICATE, INVALID. Throws PsaError where
 * the PSA does not answer.
 */
export async function setMappings(
  em: EntityManager,
  lookups: PsaLookups,
  integration: Integration,
  inputs: readonly MappingChange[],
  now: Date,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const reject = (index: number, field: keyof MappingChange, code: string, message: string) =>
    problems.push({ field: ['mappings', String(index), field], code, message });

  const organizations = await ownOrganizations(em, integration, inputs);
  const companies = await existingCompanies(lookups, integration, inputs);
  const levels = await knownLevels(lookups, integration, inputs);
  const seen = new Set<string>();
  inputs.forEach(({ organizationId, companyId, billingLevel }, index) => {
    if (!organizations.has(organizationId.toLowerCase())) {
      reject(index, 'organizationId', 'NOT_FOUND', 'The partner has no organization with this id.');
    } else if (seen.has(organizationId.toLowerCase())) {
      reject(index, 'organizationId', 'DUPLICATE', 'This organization is in the list twice.');
    }
    seen.add(organizationId.toLowerCase());
    if (companyId == null) return;
    if (!companies.has(companyId)) {
      reject(index, 'companyId', 'NOT_FOUND', 'The PSA has no active company with this id.');
    }
    const level = levelOf(billingLevel);
    if (level === '' || level.length > longestLevel) {
      reject(index, 'billingLevel', 'INVALID', `A level is a name of 1 to ${longestLevel} characters.`);
    } else if (levels && !levels.has(level)) {
      const known = levels.size > 0 ? [...levels].join(', ') : 'none';
      reject(
        index,
        'billingLevel',
        'NOT_FOUND',
        `The PSA has no active billing level of this name. Active: ${known}.`,
      );
    }
  });
  if (problems.length === 0) await store(em, integration, inputs, companies, now);
  return problems;
}

function levelOf(given: string | null | undefined): string {
  return storableText(given ?? 'Default').trim();
}

async function ownOrganizations(
  em: EntityManager,
  integration: Integration,
  inputs: readonly MappingChange[],
): Promise<Set<string>> {
  const ids = inputs.map(input => input.organizationId).filter(isUuid);
  const found = await em.find(
    Organization,
    { id: { $in: ids }, partner: integration.partner.id },
    { fields: ['id'] },
  );
  return new Set(found.map(organization => organization.id));
}

async function existingCompanies(
  lookups: PsaLookups,
  integration: Integration,
  inputs: readonly MappingChange[],
): Promise<Map<string, PsaCompany>> {
  const ids = [...new Set(inputs.flatMap(input => input.companyId ?? []))];
  const found = ids.length > 0 ? await lookups.existingCompanies(integration, ids) : [];
  return new Map(found.map(company => [company.id, company]));
}

/** The levels that a mapping may name. Undefined while billing is off, or if the PSA lists none: then any text will do. */
async function knownLevels(
  lookups: PsaLookups,
  integration: Integration,
  inputs: readonly MappingChange[],
): Promise<Set<string> | undefined> {
  if (!integration.billingEnabled || inputs.every(input => input.companyId == null)) return undefined;
  return lookups.activeLevels(integration);
}

function store(
  em: EntityManager,
  integration: Integration,
  inputs: readonly MappingChange[],
  companies: ReadonlyMap<string, PsaCompany>,
  now: Date,
): Promise<void> {
  const unmapped = inputs.filter(input => input.companyId == null).map(input => input.organizationId);
  const mapped = inputs.flatMap(({ organizationId, companyId, billingLevel }) => {
    const company = companyId == null ? undefined : companies.get(companyId);
    if (!company) return [];
    return [
      {
        organization_id: organizationId,
        company_id: company.id,
        company_identifier: company.identifier,
        company_name: company.name,
        billing_level: levelOf(billingLevel),
      },
    ];
  });
  return em.transactional(async tx => {
    await rowsOf(tx, tables =>
      tables
        .deleteFrom('mapping')
        .where('integration_id', '=', integration.id)
        .where(({ eb, fn, val }) => eb('organization_id', '=', fn.any(val(unmapped)))),
    );
    await execute(tx, saveMappings, [integration.id, JSON.stringify(mapped), now]);
  });
}
