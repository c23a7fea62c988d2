import { Migration } from '@mikro-orm/migrations';
import { auditWritesItself } from '../audit.sql.js';

export class Migration20261123172732_audit extends Migration {
  override name = 'Migration20261123172732_audit';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "audit_entry" ("id" uuid not null default uuid_v7(), "at" timestamptz not null default clock_timestamp(), "action" text not null, "actor_kind" text not null, "actor_id" text not null, "actor_name" text not null, "actor_role" text not null, "address" text null, "request_id" text null, "partner_id" uuid null, "integration_id" uuid null, "subject_id" text null, "before" jsonb null, "after" jsonb null, primary key ("id"));`,
    );
    this.addSql(
      `create index "audit_entry_actor_id_action_at_index" on "audit_entry" ("actor_id", "action", "at");`,
    );
    this.addSql(
      `create index "audit_entry_integration_id_id_index" on "audit_entry" ("integration_id", "id");`,
    );
    this.addSql(`create index "audit_entry_partner_id_id_index" on "audit_entry" ("partner_id", "id");`);

    this.addSql(`alter table "delivery" add "released_by" uuid null;`);
    this.addSql(
      `create index "delivery_released_by" on "delivery" ("released_by", "id") where "released_by" is not null;`,
    );

    this.addSql(
      `alter table "audit_entry" add constraint "audit_entry_actor_kind_check" check ("actor_kind" in ('TOKEN', 'IDENTITY'));`,
    );
    this.addSql(`alter table "audit_entry" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "audit_entry" to "psa_bridge_partner" using (partner_id = asking_partner());`,
    );

    this.addSql(auditWritesItself);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "audit_entry" cascade;`);

    this.addSql(`drop index "delivery_released_by";`);
    this.addSql(`alter table "delivery" drop column "released_by";`);
  }
}
