import { MikroORM } from '@mikro-orm/postgresql';
import { type DatabaseOptions, ormOptions } from './orm-options.js';

/**
 * No statement may take longer than a minute. A process that was frozen inside a transaction must not keep its row locks
 * for longer than 30 seconds.
 */
const timeLimits = '-c statement_timeout=60s -c idle_in_transaction_session_timeout=30s';

/**
 * Opens the database. Rejects when it cannot be reached. The pool reconnects after a restart of the server; queries
 * reject while the server is down.
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
