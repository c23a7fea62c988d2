import pg from 'pg';

/** One statement for each kind of object; each answers `name` and `definition`. */
const kinds = {
  tables: `
    select c.relname as name, concat_ws(' ', c.relkind, c.relpersistence, c.reloptions::text,
      case when c.relrowsecurity then 'row security' end, case when c.relforcerowsecurity then 'forced' end) as definition
    from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and c.relnamespace = 'public'::regnamespace`,
  columns: `
    select c.relname || '.' || a.attname as name,
      concat_ws(' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end, a.attidentity,
        a.attgenerated, a.attstorage, pg_get_expr(d.adbin, d.adrelid)) as definition
    from pg_attribute a join pg_class c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relkind in ('r', 'p', 'v', 'm') and c.relnamespace = 'public'::regnamespace and a.attnum > 0
      and not a.attisdropped`,
  indexes: `
    select i.indexrelid::regclass::text as name,
      pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' invalid' end as definition
    from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = 'public'::regnamespace`,
  constraints: `
    select conrelid::regclass || '.' || conname as name,
      pg_get_constraintdef(oid) || case when convalidated then '' else ' not valid' end as definition
    from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> 0`,
  functions: `
    select oid::regprocedure::text as name, pg_get_functiondef(oid) as definition
    from pg_proc where pronamespace = 'public'::regnamespace`,
  triggers: `
    select tgrelid::regclass || '.' || tgname as name, pg_get_triggerdef(oid) || ' ' || tgenabled::text as definition
    from pg_trigger where not tgisinternal`,
  policies: `
    select tablename || '.' || policyname as name,
      concat_ws(' ', permissive, roles::text, cmd, qual, with_check) as definition
    from pg_policies where schemaname = 'public'`,
  types: `
    select t.typname as name, (select array_agg(e.enumlabel order by e.enumsortorder) from pg_enum e
      where e.enumtypid = t.oid)::text as definition
    from pg_type t where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd', 'm', 'r')`,
  grants: `
    with object as (
      select relname::text as name, relacl as acl, case relkind when 'S' then 's' else 'r' end as kind, relowner as owner
      from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
      union all
      select oid::regprocedure::text, proacl, 'f', proowner from pg_proc where pronamespace = 'public'::regnamespace
      union all
      select 'schema', nspacl, 'n', nspowner from pg_namespace where nspname = 'public'
    )
    select name || ' to ' || coalesce(nullif(grantee, 0)::regrole::text, 'public') as name,
      string_agg(privilege_type || case when is_grantable then '*' else '' end, ' ' order by privilege_type) as definition
    from object, aclexplode(coalesce(acl, acldefault(kind::"char", owner))) group by name, grantee
    union all
    select c.relname || '.' || a.attname, a.attacl::text from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and a.attacl is not null`,
  comments: `
    select pg_describe_object(classoid, objoid, objsubid) as name, description as definition
    from pg_description d where classoid in ('pg_class'::regclass, 'pg_proc'::regclass)
      and exists (select from pg_class c where c.oid = d.objoid and c.relnamespace = 'public'::regnamespace
        union all select from pg_proc p where p.oid = d.objoid and p.pronamespace = 'public'::regnamespace)`,
} as const;

/** Everything that a migration can create, by kind and name. The order of a table's columns is not in it. */
export type SchemaDescription = Record<keyof typeof kinds, Record<string, string>>;

/** Reads the schema of a database from PostgreSQL's catalogue, in a form in which two databases can be compared. */
export async function describeSchema(url: string): Promise<SchemaDescription> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const description: Record<string, Record<string, string>> = {};
    for (const [kind, sql] of Object.entries(kinds)) {
      const { rows } = await client.query<{ name: string; definition: string }>(sql);
      description[kind] = Object.fromEntries(
        rows.map(({ name, definition }): [string, string] => [name, definition]).sort(),
      );
    }
    return description as SchemaDescription;
  } finally {
    await client.end();
  }
}
