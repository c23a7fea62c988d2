import type { Opt } from '@mikro-orm/core';
import type { EntityManager, Ref } from '@mikro-orm/postgresql';
import {
  type ColumnType,
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { query } from '../db/sql.js';
import type { ApiToken } from './access/api-token.js';
import type { AuditEntry } from './audit/audit-entry.js';
import type { BackupJobResult } from './backups/backup-job-result.js';
import type { Delivery } from './deliveries/delivery.js';
import type { Lease } from './deliveries/lease.js';
import type { Integration } from './integrations/integration.js';
import type { RequestAllowance } from './integrations/request-allowance.js';
import type { Mapping } from './mappings/mapping.js';
import type { Notice } from './notices/notice.js';
import type { NoticeDelivery } from './notices/notice-delivery.js';
import type { Organization } from './partners/organization.js';
import type { Partner } from './partners/partner.js';
import type { PlannedChange } from './runs/planned-change.js';
import type { SyncRun } from './runs/sync-run.js';
import type { UsageLine } from './usage/usage-line.js';
import type { UsageRecord } from './usage/usage-record.js';
import type { UsageStatement } from './usage/usage-statement.js';

/** Every table, with the columns that its entity declares. */
export interface Tables {
  api_token: Columns<ApiToken>;
  audit_entry: Columns<AuditEntry>;
  backup_job_result: Columns<BackupJobResult>;
  delivery: Columns<Delivery>;
  integration: Columns<Integration>;
  lease: Columns<Lease>;
  mapping: Columns<Mapping>;
  notice: Columns<Notice>;
  notice_delivery: Columns<NoticeDelivery>;
  organization: Columns<Organization>;
  partner: Columns<Partner>;
  planned_change: Columns<PlannedChange>;
  request_allowance: Columns<RequestAllowance>;
  sync_run: Columns<SyncRun>;
  usage_line: Columns<UsageLine>;
  usage_record: Columns<UsageRecord>;
  usage_statement: Columns<UsageStatement>;
}

type Columns<Entity> = {
  [Name in keyof Entity & string as ColumnName<Name, NonNullable<Entity[Name]>>]: Column<Entity[Name]>;
};

type ColumnName<Name extends string, Value> =
  Value extends Ref<infer _Entity extends object> ? `${Snake<Name>}_id` : Snake<Name>;

type Snake<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${Snake<Rest>}`
    : `_${Lowercase<First>}${Snake<Rest>}`
  : Name;

/** Null where the entity's property may be absent; instants are read as text, in UTC. */
type Column<Value> = ColumnType<
  undefined extends Value ? Read<NonNullable<Value>> | null : Read<Value>,
  | Write<NonNullable<Value>>
  | (undefined extends Value ? null | undefined : Value extends Opt ? undefined : never),
  Write<NonNullable<Value>> | (undefined extends Value ? null : never)
>;

type Read<Value> =
  Value extends Ref<infer _Entity extends object> ? string : Value extends Date ? string : Value;
type Write<Value> =
  Value extends Ref<infer _Entity extends object> ? string : Value extends Date ? Date | string : Value;

const builder = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: kysely => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/**
 * Builds a statement over the tables and runs it in `em`'s transaction, if it has one, and as the partner that `em` asks
 * as. The rows' type follows from the entities. MikroORM's own `em.getKysely()` would ask as the service, past the
 * policies of the partner's rows.
 */
export function rowsOf<Row>(
  em: EntityManager,
  build: (tables: Kysely<Tables>) => Compilable<Row>,
): Promise<Row[]> {
  const { sql, parameters } = build(builder).compile();
  return query<Row>(em, sql, [...parameters]);
}
