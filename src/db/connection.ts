import { MikroORM } from '@mikro-orm/postgresql';
import { ormOptions } from './orm-options.js';

/**
 * Opens the database. The pool survives a restart of the server by itself; a query that runs while it is
 * gone rejects.
 */
export async function openDatabase({ url, poolSize }: { url: string; poolSize?: number }): Promise<MikroORM> {
  const orm = new MikroORM(ormOptions(url, poolSize));
  await orm.connect();
  return orm;
}
