import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';
import type { z } from 'zod';

/** SQL with a schema for its rows: what the database answers is checked, not assumed. */
export interface Statement<Row> {
  text: string;
  row: z.ZodType<Row>;
}

/**
 * Declares a statement whose SQL matters: a claim, a fan-out, an upsert, a report. It has a file of its own; plain
 * reads and writes are built with `rowsOf` in domain/tables.ts.
 */
export function statement<Row>(row: z.ZodType<Row>, text: string): Statement<Row> {
  return { text, row };
}

/** Runs a statement and checks its rows. Throws ZodError where a row is not as its schema says. */
export async function run<Row>(
  em: EntityManager,
  { text, row }: Statement<Row>,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await query(em, text, values)).map(one => row.parse(one));
}

/** Runs SQL that answers no rows; returns how many rows it changed. */
export async function execute(em: EntityManager, text: string, values: unknown[] = []): Promise<number> {
  return Number((await executeQuery(em, text, values)).numAffectedRows ?? 0);
}

/**
 * Runs SQL with real bind parameters ($1, $2 …) in `em`'s transaction, if it has one. `em.execute` would
 * write the values into the text instead, which is slow for the large JSON parameters of bulk statements.
 * Instants and dates are returned as text, in UTC. Where `em` acts as a partner, so does the statement.
 */
export async function query<Row>(em: EntityManager, text: string, values: unknown[] = []): Promise<Row[]> {
  return (await executeQuery(em, text, values)).rows as Row[];
}

function executeQuery(em: EntityManager, text: string, values: unknown[]) {
  const compiled = CompiledQuery.raw(text, values);
  const transaction = em.getTransactionContext();
  if (transaction) return transaction.executeQuery(compiled);
  const sessionContext = em.getSessionContext();
  const connection = em.getConnection();
  return sessionContext
    ? connection.transactional(tx => tx.executeQuery(compiled), { sessionContext })
    : connection.getClient().executeQuery(compiled);
}
