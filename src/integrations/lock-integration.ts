import type { EntityManager } from '@mikro-orm/postgresql';
import { Integration } from '../domain/integrations/integration.js';
import { rowsOf } from '../domain/tables.js';

/**
 * Reads the integration as it is now and locks it until `em`'s transaction ends, so that people and workers change it
 * one after the other. Null where it is disconnected. New deliveries and results can still be inserted meanwhile.
 */
export async function lockIntegration(em: EntityManager, id: string): Promise<Integration | null> {
  const [locked] = await rowsOf(em, tables =>
    tables
      .selectFrom('integration')
      .select('id')
      .where('id', '=', id)
      .where('disconnected_at', 'is', null)
      .forNoKeyUpdate(),
  );
  return locked ? em.findOneOrFail(Integration, { id }, { refresh: true }) : null;
}
