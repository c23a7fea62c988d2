import type { EntityManager } from '@mikro-orm/postgresql';
import type { Kysely } from 'kysely';
import type { Integration } from '../../domain/integrations/integration.js';
import { rowsOf, type Tables } from '../../domain/tables.js';
import type { PsaLookups } from '../../integrations/psa-lookups.js';
import { companySuggestions } from '../../integrations/suggest-company.js';
import type { PsaCompany } from '../../psa/adapter.js';
import { type CountedPage, containing, counted, keysAfter, pageOf, pageSize } from '../pages.js';
import type { MappingsArgs } from './types.js';

export interface MappingNode {
  organization: { id: string; externalId: string; name: string; active: boolean };
  company: PsaCompany | null;
  billingLevel: string;
  /** A company of the same name for one that is not mapped. Asks the PSA once for all rows that were read together. */
  suggest(): Promise<PsaCompany | null>;
}

/** A page of all organizations of the integration's partner, by name, each with its mapping. */
export async function readMappings(
  em: EntityManager,
  lookups: PsaLookups,
  integration: Integration,
  args: MappingsArgs,
): Promise<CountedPage<MappingNode>> {
  const first = pageSize(args);
  const after = keysAfter(args, 'text', 'uuid');
  const { mapped, search } = args;
  const wanted = (tables: Kysely<Tables>) =>
    organizationsOf(tables, integration)
      .$if(Boolean(search), rows => rows.where('o.name', 'ilike', containing(search!)))
      .$if(mapped != null, rows => rows.where('m.company_id', mapped ? 'is not' : 'is', null));
  const rows = await rowsOf(em, tables =>
    wanted(tables)
      .select(columns)
      .$if(after !== undefined, page =>
        page.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('o.name', 'o.id'), '>', tuple(after![0]!, after![1]!)),
        ),
      )
      .orderBy('o.name')
      .orderBy('o.id')
      .limit(first + 1),
  );
  const page = pageOf(rows, first, row => [row.name, row.id]);
  return counted({ ...page, nodes: asNodes(lookups, integration, page.nodes) }, async () => {
    const [total] = await rowsOf(em, tables =>
      wanted(tables).select(({ fn }) => fn.countAll<string>().as('rows')),
    );
    return Number(total!.rows);
  });
}

/** The mappings of these organizations, in the order of the ids. */
export async function mappingsOf(
  em: EntityManager,
  lookups: PsaLookups,
  integration: Integration,
  organizationIds: readonly string[],
): Promise<MappingNode[]> {
  const rows = await rowsOf(em, tables =>
    organizationsOf(tables, integration)
      .select(columns)
      .where(({ eb, val, fn }) => eb('o.id', '=', fn.any(val(organizationIds)))),
  );
  const byId = new Map(rows.map(row => [row.id, row]));
  const inOrder = organizationIds.flatMap(id => byId.get(id.toLowerCase()) ?? []);
  return asNodes(lookups, integration, inOrder);
}

/** The partner's organizations, each with its mapping if it has one. */
function organizationsOf(tables: Kysely<Tables>, integration: Integration) {
  return tables
    .selectFrom('organization as o')
    .leftJoin('mapping as m', join =>
      join.onRef('m.organization_id', '=', 'o.id').on('m.integration_id', '=', integration.id),
    )
    .where('o.partner_id', '=', integration.partner.id);
}

const columns = [
  'o.id',
  'o.external_id',
  'o.name',
  'o.active',
  'm.company_id',
  'm.company_identifier',
  'm.company_name',
  'm.billing_level',
] as const;

interface Row {
  id: string;
  external_id: string;
  name: string;
  active: boolean;
  company_id: string | null;
  company_identifier: string | null;
  company_name: string | null;
  billing_level: string | null;
}

function asNodes(lookups: PsaLookups, integration: Integration, rows: readonly Row[]): MappingNode[] {
  const unmapped = rows.filter(row => row.company_id === null).map(row => row.name);
  const suggest = companySuggestions(lookups, integration, unmapped);
  return rows.map(row => {
    const { id, external_id: externalId, name, active, company_id: companyId } = row;
    return {
      organization: { id, externalId, name, active },
      company:
        companyId === null
          ? null
          : { id: companyId, identifier: row.company_identifier!, name: row.company_name! },
      billingLevel: row.billing_level ?? 'Default',
      suggest: async () => (companyId === null ? suggest(name) : null),
    };
  });
}
