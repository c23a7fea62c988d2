import { Migration } from '@mikro-orm/migrations';

export class Migration20261123160000_notices extends Migration {
  override name = 'Migration20261123160000_notices';

  override up(): void | Promise<void> {
    this.addSql(`alter table "integration" add "notification_email" text null;`);

    this.addSql(
      `create table "notice" ("id" uuid not null default uuid_v7(), "type" text not null, "integration_id" uuid not null, "run_id" uuid null, "payload" jsonb not null, "due_at" timestamptz not null, "addressed_at" timestamptz null, "created_at" timestamptz not null default now(), primary key ("id"));`,
    );
    this.addSql(`create index "notice_run_id_index" on "notice" ("run_id");`);
    this.addSql(`create index "notice_unaddressed" on "notice" ("due_at") where "addressed_at" is null;`);
    this.addSql(
      `create index "notice_integration_id_type_id_index" on "notice" ("integration_id", "type", "id");`,
    );
    this.addSql(`alter table "notice" add constraint "notice_type_run_id_unique" unique ("type", "run_id");`);

    this.addSql(
      `create table "notice_delivery" ("notice_id" uuid not null, "channel" text not null, "target" text not null, "state" text not null default 'PENDING', "attempts" int not null default 0, "next_attempt_at" timestamptz null, "last_error" text null, "delivered_at" timestamptz null, primary key ("notice_id", "channel", "target"));`,
    );
    this.addSql(
      `create index "notice_delivery_gone" on "notice_delivery" ("channel", "target") where "state" = 'GONE';`,
    );
    this.addSql(
      `create index "notice_delivery_due" on "notice_delivery" ("next_attempt_at") where "state" = 'PENDING';`,
    );

    this.addSql(
      `alter table "notice" add constraint "notice_integration_id_foreign" foreign key ("integration_id") references "integration" ("id");`,
    );
    this.addSql(
      `alter table "notice" add constraint "notice_run_id_foreign" foreign key ("run_id") references "sync_run" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "notice" add constraint "notice_type_check" check ("type" in ('integration.needs_attention', 'integration.recovered', 'run.failed', 'delivery.held'));`,
    );

    this.addSql(
      `alter table "notice_delivery" add constraint "notice_delivery_notice_id_foreign" foreign key ("notice_id") references "notice" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "notice_delivery" add constraint "notice_delivery_delivered" check ((state = 'DELIVERED') = (delivered_at is not null));`,
    );
    this.addSql(
      `alter table "notice_delivery" add constraint "notice_delivery_next_attempt" check ((state = 'PENDING') = (next_attempt_at is not null));`,
    );
    this.addSql(
      `alter table "notice_delivery" add constraint "notice_delivery_channel_check" check ("channel" in ('webhook', 'email'));`,
    );
    this.addSql(
      `alter table "notice_delivery" add constraint "notice_delivery_state_check" check ("state" in ('PENDING', 'DELIVERED', 'FAILED', 'GONE'));`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "notice_delivery" cascade;`);
    this.addSql(`drop table if exists "notice" cascade;`);
    this.addSql(`alter table "integration" drop column "notification_email";`);
  }
}
