import type { EntityManager } from '@mikro-orm/postgresql';
import DataLoader from 'dataloader';
import { AuditEntry } from '../domain/audit/audit-entry.js';
import { Delivery } from '../domain/deliveries/delivery.js';
import { Integration } from '../domain/integrations/integration.js';
import { Organization } from '../domain/partners/organization.js';
import { Partner } from '../domain/partners/partner.js';
import { UsageLine } from '../domain/usage/usage-line.js';

/** Children of many parents in one query each, for one request. */
export class Loaders {
  constructor(private readonly em: EntityManager) {}

  readonly partner = new DataLoader(async (ids: readonly string[]) =>
    inOrder(ids, await this.em.find(Partner, { id: { $in: [...ids] } })),
  );

  readonly organization = new DataLoader(async (ids: readonly string[]) =>
    inOrder(ids, await this.em.find(Organization, { id: { $in: [...ids] } })),
  );

  readonly delivery = new DataLoader(async (ids: readonly string[]) =>
    inOrder(ids, await this.em.find(Delivery, { id: { $in: [...ids] } })),
  );

  readonly auditEntry = new DataLoader(async (ids: readonly string[]) =>
    inOrder(ids, await this.em.find(AuditEntry, { id: { $in: [...ids] } })),
  );

  readonly integrationsOfPartner = new DataLoader(async (partnerIds: readonly string[]) => {
    const found = await this.em.find(
      Integration,
      { partner: { $in: [...partnerIds] }, disconnectedAt: null },
      { orderBy: { id: 'asc' } },
    );
    return grouped(partnerIds, found, integration => integration.partner.id);
  });

  readonly linesOfStatement = new DataLoader(async (statementIds: readonly string[]) => {
    const found = await this.em.find(
      UsageLine,
      { statement: { $in: [...statementIds] } },
      { orderBy: { organization: { name: 'asc' }, usageType: 'asc', id: 'asc' } },
    );
    return grouped(statementIds, found, line => line.statement.id);
  });
}

function inOrder<Row extends { id: string }>(ids: readonly string[], rows: Row[]): (Row | Error)[] {
  const byId = new Map(rows.map(row => [row.id, row]));
  return ids.map(id => byId.get(id) ?? new Error(`no row ${id}`));
}

function grouped<Row>(keys: readonly string[], rows: Row[], keyOf: (row: Row) => string): Row[][] {
  const groups = new Map<string, Row[]>(keys.map(key => [key, []]));
  for (const row of rows) groups.get(keyOf(row))?.push(row);
  return keys.map(key => groups.get(key)!);
}
