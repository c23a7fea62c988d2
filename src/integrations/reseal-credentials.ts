import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
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
 * Seals the credentials of every integration with the newest key. May be stopped and repeated at any point, and
 * may run while others connect, disconnect and deliver: a row that changed since it was read is left to whoever
 * changed it.
 */
export async function rotateKeys(em: EntityManager, vault: CredentialVault): Promise<KeyRotation> {
  const newest = vault.keyIds[0]!;
  const unopened: KeyRotation['unopened'] = [];
  let resealed = 0;
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const page = await query<SealedRow>(
      em,
      `select i.id, i.credentials, i.account, p.external_id as partner
       from integration i join partner p on p.id = i.partner_id
       where i.credentials is not null and split_part(i.credentials, '.', 2) <> $1 and i.id > $2
       order by i.id limit ${pageSize}`,
      [newest, after],
    );
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

/** False where somebody else changed the row meanwhile. */
async function replace(em: EntityManager, { id, credentials }: SealedRow, sealed: string): Promise<boolean> {
  const changed = await query(
    em,
    'update integration set credentials = $3 where id = $1 and credentials = $2 returning 1',
    [id, credentials, sealed],
  );
  return changed.length > 0;
}

async function stillUnderOthers(em: EntityManager, newest: string): Promise<Map<string, number>> {
  const rows = await query<{ key: string; count: number }>(
    em,
    `select split_part(credentials, '.', 2) as key, count(*)::int as count from integration
     where credentials is not null and split_part(credentials, '.', 2) <> $1 group by 1 order by 1`,
    [newest],
  );
  return new Map(rows.map(({ key, count }) => [key, count]));
}
