import { MikroORM } from '@mikro-orm/postgresql';
import { type DatabaseOptions, ormOptions } from './orm-options.js';

/**
 * A statement that takes a minute is one too many. And a process that was frozen in a transaction must not keep others
 * from the rows that it locked.
 */
const timeLimits = '-c statement_timeout=60s -c idle_in_transaction_session_timeout=30s';

/**
 * Opens the database. The pool survives a restart of the server by itself; a query that runs while it is
 * gone rejects.
 */
export async function openDatabase({
  url,
  entities,
  poolSize,
}: {
  url: string;
  entities: DatabaseOptions['entities'];
  poolSize?: number;
}): Promise<MikroORM> {
  const orm = new MikroORM(ormOptions({ clientUrl: url, entities, poolSize, limits: timeLimits }));
  await orm.connect();
  return orm;
}
