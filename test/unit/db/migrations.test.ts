import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Migration } from '@mikro-orm/migrations';
import { describe, expect, it } from 'vitest';
import { migrations } from '../../../src/db/migrations/list.js';

const folder = 'src/db/migrations';
const files = readdirSync(folder).filter(name => /^Migration\d+_.*\.ts$/.test(name));

/** SHA-256 of the SQL of the migrations that databases have run. A mistake in one is corrected by another migration. */
const frozen: Record<string, string> = {
  Migration20261123120000_initial: '46bdef6217b75887fa2ef5cc3a9cd0ca949309fd2f817105d42ee777b08a7169',
  Migration20261123164500_since_0_1_0: '6904dd1f64d10bf28390c46e0b0ac4474bf9524886114ae34fbbcec1bb4aa202',
  Migration20261123165955_partner_rows: '3691b2fff720006bebb3678562590e08f2e1dc4fb6654b1351d2f91226bb0e99',
  Migration20261123172732_audit: 'c1e9f3196334e80e4daab902a26c5a3805e3f2bb408ab1b7a35ebf99f405ede5',
  Migration20261123184000_room_for_claims: '9d120712c0a39afdae22803f176db4c012e51ffb9ecbcb553afb59c28b3972d5',
  Migration20261125100000_audit_by_default:
    'fe76fa97ff08987a32acbec7c3c2f5dcbb33ca05ffad6f776c57b4d517ad4519',
  Migration20261125110000_usage_version: '1fa9cbdca092848180d2164f8dd4dba3f3a4cdf1736c455c9b83dc2252464ced',
};

function sqlOf(migration: (typeof migrations)[number]): string {
  const instance = new (migration.class as unknown as new () => Migration)();
  instance.up();
  return instance.getQueries().join('\n;\n');
}

describe('a migration', () => {
  it.each(files)('%s imports nothing of src, so that its SQL cannot change with live code', file => {
    const imports = [
      ...readFileSync(join(folder, file), 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)/g),
    ];
    expect(imports.map(([, specifier]) => specifier)).toEqual(['@mikro-orm/migrations']);
  });

  it.each(files)('%s interpolates nothing into its SQL', file => {
    expect(readFileSync(join(folder, file), 'utf8')).not.toContain('${');
  });

  it('is on the list, in the order of the names', () => {
    expect(migrations.map(({ name }) => `${name}.ts`)).toEqual(files.sort());
  });

  it('has the name of its class, which is what the database records', () => {
    expect(migrations.map(migration => (migration.class as unknown as { name: string }).name)).toEqual(
      migrations.map(({ name }) => name),
    );
  });

  it.each(Object.keys(frozen))('%s is as it was when databases were migrated by it', name => {
    const migration = migrations.find(one => one.name === name)!;
    expect(createHash('sha256').update(sqlOf(migration)).digest('hex')).toBe(frozen[name]);
  });
});
