import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';

/**
 * Runs SQL with real bind parameters ($1, $2 …) in `em`'s transaction, if it has one. `em.execute` would
 * write the values into the text instead, which is slow for the large JSON parameters that bulk statements
 * use. Instants and dates come back as text, in UTC. Where `em` asks as a partner, so does this.
 */
export async function query<Row>(em: EntityManager, text: string, values: unknown[] = []): Promise<Row[]> {
  const statement = CompiledQuery.raw(text, values);
  const transaction = em.getTransactionContext();
  if (transaction) return (await transaction.executeQuery(statement)).rows as Row[];
  const sessionContext = em.getSessionContext();
  const connection = em.getConnection();
  const result = sessionContext
    ? await connection.transactional(transaction => transaction.executeQuery(statement), { sessionContext })
    : await connection.getClient().executeQuery(statement);
  return result.rows as Row[];
}
