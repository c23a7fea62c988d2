import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../../db/sql.js';
import type { Integration } from '../../domain/integrations/integration.js';
import type { PsaLookups } from '../../integrations/psa-lookups.js';
import type { PsaCompany } from '../../psa/adapter.js';
import { PsaError } from '../../psa/errors.js';
import { type CountedPage, containing, counted, keysAfter, pageOf, pageSize } from '../pages.js';
import type { MappingsArgs } from './types.js';

export interface MappingNode {
  organization: { id: string; externalId: string; name: string; active: boolean };
  company: PsaCompany | null;
  billingLevel: string;
  /** A company of the same name for one that is not mapped. Asks the PSA once for all rows that were read together. */
  suggest(): Promise<PsaCompany | null>;
}

interface Row {
  id: string;
  externalId: string;
  name: string;
  active: boolean;
  companyId: string | null;
  companyIdentifier: string;
  companyName: string;
  billingLevel: string;
}

const columns = `o.id, o.external_id as "externalId", o.name, o.active, m.company_id as "companyId",
  m.company_identifier as "companyIdentifier", m.company_name as "companyName", m.billing_level as "billingLevel"`;
const ofIntegration = `from organization o left join mapping m on m.organization_id = o.id and m.integration_id = $1
  where o.partner_id = $2`;

/** A page of all organizations of the integration's partner, by name, each with its mapping. */
export async function readMappings(
  em: EntityManager,
  lookups: PsaLookups,
  integration: Integration,
  args: MappingsArgs,
): Promise<CountedPage<MappingNode>> {
  const first = pageSize(args);
  const after = keysAfter(args, 'text', 'uuid');
  const filters = `${ofIntegration}
    and ($3::text is null or o.name ilike $3)
    and ($4::boolean is null or $4 = (m.company_id is not null))`;
  const values = [
    integration.id,
    integration.partner.id,
    args.search ? containing(args.search) : null,
    args.mapped ?? null,
  ];
  const rows = await query<Row>(
    em,
    `select ${columns} ${filters} and ($5::text is null or (o.name, o.id) > ($5, $6::uuid))
     order by o.name, o.id limit $7`,
    [...values, after?.[0] ?? null, after?.[1] ?? null, first + 1],
  );
  const page = pageOf(rows, first, row => [row.name, row.id]);
  return counted({ ...page, nodes: asNodes(lookups, integration, page.nodes) }, async () => {
    const [count] = await query<{ n: number }>(em, `select count(*)::int as n ${filters}`, values);
    return count!.n;
  });
}

/** The mappings of these organizations, in the order of the ids. */
export async function mappingsOf(
  em: EntityManager,
  lookups: PsaLookups,
  integration: Integration,
  organizationIds: readonly string[],
): Promise<MappingNode[]> {
  const rows = await query<Row>(
    em,
    `select ${columns} ${ofIntegration} and o.id = any($3) order by array_position($3, o.id)`,
    [integration.id, integration.partner.id, organizationIds],
  );
  return asNodes(lookups, integration, rows);
}

function asNodes(lookups: PsaLookups, integration: Integration, rows: readonly Row[]): MappingNode[] {
  let suggestions: Promise<Map<string, PsaCompany | null>> | undefined;
  const unmapped = rows.filter(row => row.companyId === null).map(row => row.name);
  return rows.map(({ companyId, companyIdentifier, companyName, billingLevel, ...organization }) => ({
    organization,
    company: companyId === null ? null : { id: companyId, identifier: companyIdentifier, name: companyName },
    billingLevel: billingLevel ?? 'Default',
    async suggest() {
      if (companyId !== null) return null;
      suggestions ??= companiesNamed(lookups, integration, unmapped);
      return (await suggestions).get(comparable(organization.name)) ?? null;
    },
  }));
}

/** By name. Null where two companies share it: no guess between them. Empty while the PSA cannot be asked. */
async function companiesNamed(
  lookups: PsaLookups,
  integration: Integration,
  names: readonly string[],
): Promise<Map<string, PsaCompany | null>> {
  try {
    const byName = new Map<string, PsaCompany | null>();
    for (const company of await lookups.companiesByName(integration, names)) {
      const name = comparable(company.name);
      byName.set(name, byName.has(name) ? null : company);
    }
    return byName;
  } catch (error) {
    if (error instanceof PsaError) return new Map();
    throw error;
  }
}

function comparable(name: string): string {
  return name.trim().toLowerCase();
}
