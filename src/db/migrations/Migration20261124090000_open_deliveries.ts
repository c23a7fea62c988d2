import { Migration } from '@mikro-orm/migrations';

export class Migration20261124090000_open_deliveries extends Migration {
  override up(): void {
    this.addSql(
      `create index "delivery_open" on "delivery" ("state", "kind", "integration_id", "next_attempt_at") where "state" in ('PENDING', 'HELD', 'FAILED');`,
    );
  }

  override down(): void {
    this.addSql('drop index "delivery_open";');
  }
}
