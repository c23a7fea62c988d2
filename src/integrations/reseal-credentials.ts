import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { rowsOf } from '../domain/tables.js';
import { type CredentialVault, keyIdOf } from './credential-vault.js';

export interface KeyRotation {
  /** How many integrations' credentials are now sealed with the newest key and were not before. */
  resealed: number;
  /** Integrations whose credentials no known key opens; they are left as they are. */
  unopened: { id: string; partner: string; account: string; reason: string }[];
  /** How many are still sealed with another key than the newest, by that key's id. */
  remaining: ReadonlyMap<string, number>;
}

interface SealedRow {
  id: string;
  credentials: string;
  partner: string;
  account: string;
}

const pageSize = 200;

/**
 * Seals the credentials of every integration with the newest key. It may be stopped and repeated at any point, and may
 * run while others connect, disconnect and deliver: a row that was changed since it was read stays as it is.
 */
export async function rotateKeys(em: EntityManager, vault: CredentialVault): Promise<KeyRotation> {
  const newest = vault.keyIds[0]!;
  const unopened: KeyRotation['unopened'] = [];
  let resealed = 0;
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const page = await readPage(em, newest, after);
    for (const row of page) {
      const opened = tryOpen(vault, row);
      if ('reason' in opened)
        unopened.push({ id: row.id, partner: row.partner, account: row.account, ...opened });
      else if (await replace(em, row, vault.seal(row.id, opened.credentials))) resealed += 1;
    }
    if (page.length < pageSize) break;
    after = page.at(-1)!.id;
  }
  return { resealed, unopened, remaining: await stillUnderOthers(em, newest) };
}

function tryOpen(
  vault: CredentialVault,
  { id, credentials }: SealedRow,
): { credentials: Record<string, string> } | { reason: string } {
  try {
    return { credentials: vault.open(id, credentials) };
  } catch {
    const key = keyIdOf(credentials);
    return vault.keyIds.includes(key)
      ? { reason: `damaged, or not sealed for this integration (key ${key})` }
      : { reason: `sealed with the key ${key}, which ENCRYPTION_KEYS lacks` };
  }
}

/** Integrations after the id `after` whose credentials are sealed with another key than the newest. */
function readPage(em: EntityManager, newest: string, after: string): Promise<SealedRow[]> {
  return rowsOf(em, tables =>
    tables
      .selectFrom('integration as i')
      .innerJoin('partner as p', 'p.id', 'i.partner_id')
      .select(['i.id', 'i.account', 'p.external_id as partner'])
      .select(({ ref }) => ref('i.credentials').$notNull().as('credentials'))
      .where(keyIn('i.credentials'), '<>', newest)
      .where('i.id', '>', after)
      .orderBy('i.id')
      .limit(pageSize),
  );
}

/** False if the row was changed meanwhile. */
async function replace(em: EntityManager, { id, credentials }: SealedRow, sealed: string): Promise<boolean> {
  const changed = await rowsOf(em, tables =>
    tables
      .updateTable('integration')
      .set({ credentials: sealed })
      .where('id', '=', id)
      .where('credentials', '=', credentials)
      .returning('id'),
  );
  return changed.length > 0;
}

async function stillUnderOthers(em: EntityManager, newest: string): Promise<Map<string, number>> {
  const rows = await rowsOf(em, tables =>
    tables
      .selectFrom('integration')
      .select([keyIn('credentials').as('key'), ({ fn }) => fn.countAll<string>().as('count')])
      .where(keyIn('credentials'), '<>', newest)
      .groupBy('key')
      .orderBy('key'),
  );
  return new Map(rows.map(({ key, count }) => [key, Number(count)]));
}

/** The id of the key that a column's text was sealed with. Null for null, which no condition with it meets. */
function keyIn(column: string) {
  return sql<string>`split_part(${sql.ref(column)}, '.', 2)`;
}
