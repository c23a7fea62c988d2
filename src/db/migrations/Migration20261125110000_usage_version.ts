import { Migration } from '@mikro-orm/migrations';

/** A usage plan is made of what was read from the PSA: the counter says whether a quantity was written since. */
export class Migration20261125110000_usage_version extends Migration {
  override name = 'Migration20261125110000_usage_version';

  override up(): void {
    this.addSql('alter table "integration" add column "usage_version" bigint not null default 0;');
  }
}
