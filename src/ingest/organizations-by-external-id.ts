import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { rowsOf } from '../domain/tables.js';
import type { Numbered, RejectedRow } from './check-rows.js';

export interface KnownOrganization {
  id: string;
  partnerId: string;
  name: string;
}

/** Finds the organizations that rows name, in one statement; the rows whose organization is unknown go to `rejected`. */
export async function organizationsByExternalId<Row extends { organizationExternalId: string }>(
  em: EntityManager,
  rows: readonly Numbered<Row>[],
  rejected: RejectedRow[],
): Promise<{ index: number; row: Row; organization: KnownOrganization }[]> {
  const externalIds = [...new Set(rows.map(({ row }) => row.organizationExternalId))];
  const found = await rowsOf(em, tables =>
    tables
      .selectFrom('organization')
      .where('external_id', '=', sql<string>`any(${externalIds}::text[])`)
      .select(['id', 'partner_id as partnerId', 'name', 'external_id as externalId']),
  );
  const byExternalId = new Map(found.map(organization => [organization.externalId, organization]));
  return rows.flatMap(({ index, row }) => {
    const organization = byExternalId.get(row.organizationExternalId);
    if (organization) return [{ index, row, organization }];
    rejected.push({
      index,
      code: 'UNKNOWN_ORGANIZATION',
      message: `organizationExternalId: there is no organization "${row.organizationExternalId}"; send it by upsertOrganizations first`,
    });
    return [];
  });
}
