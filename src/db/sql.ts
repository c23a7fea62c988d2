import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';

/**
 * Runs SQL with real bind parameters ($1, $2 …) in `em`'s transaction, if it has one. `em.execute` would
 * write the values into the text instead, which is slow for the large JSON parameters that bulk statements
 * use. Instants and dates come back as text, in UTC.
 */
export async function query<Row>(em: EntityManager, text: string, values: unknown[] = []): Promise<Row[]> {
  const connection = em.getTransactionContext() ?? em.getConnection().getClient();
  const result = await connection.executeQuery(CompiledQuery.raw(text, values));
  return result.rows as Row[];
}
