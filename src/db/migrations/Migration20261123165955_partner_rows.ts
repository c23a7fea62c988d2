import { Migration } from '@mikro-orm/migrations';
import { askingPartner } from '../../domain/access/partner-rows.js';
import { partnerRoleExists, partnerRoleIsGranted } from '../partner-role.sql.js';

export class Migration20261123165955_partner_rows extends Migration {
  override name = 'Migration20261123165955_partner_rows';

  override up(): void | Promise<void> {
    this.addSql(partnerRoleExists);
    this.addSql(askingPartner);

    this.addSql(`alter table "lease" enable row level security;`);

    this.addSql(`alter table "partner" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "partner" to "psa_bridge_partner" using (id = asking_partner());`,
    );

    this.addSql(`alter table "organization" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "organization" to "psa_bridge_partner" using (partner_id = asking_partner());`,
    );

    this.addSql(`alter table "backup_job_result" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "backup_job_result" to "psa_bridge_partner" using (exists (select 1 from organization where organization.id = organization_id));`,
    );

    this.addSql(`alter table "integration" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "integration" to "psa_bridge_partner" using (partner_id = asking_partner());`,
    );

    this.addSql(`alter table "mapping" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "mapping" to "psa_bridge_partner" using (exists (select 1 from integration where integration.id = integration_id));`,
    );

    this.addSql(`alter table "api_token" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "api_token" to "psa_bridge_partner" using (partner_id = asking_partner());`,
    );

    this.addSql(`alter table "request_allowance" enable row level security;`);

    this.addSql(`alter table "sync_run" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "sync_run" to "psa_bridge_partner" using (exists (select 1 from integration where integration.id = integration_id));`,
    );

    this.addSql(`alter table "planned_change" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "planned_change" to "psa_bridge_partner" using (exists (select 1 from sync_run where sync_run.id = run_id));`,
    );

    this.addSql(`alter table "notice" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "notice" to "psa_bridge_partner" using (exists (select 1 from integration where integration.id = integration_id));`,
    );

    this.addSql(`alter table "notice_delivery" enable row level security;`);

    this.addSql(`alter table "delivery" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "delivery" to "psa_bridge_partner" using (exists (select 1 from integration where integration.id = integration_id));`,
    );

    this.addSql(`alter table "usage_record" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "usage_record" to "psa_bridge_partner" using (exists (select 1 from organization where organization.id = organization_id));`,
    );

    this.addSql(`alter table "usage_statement" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "usage_statement" to "psa_bridge_partner" using (exists (select 1 from integration where integration.id = integration_id));`,
    );

    this.addSql(`alter table "usage_line" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "usage_line" to "psa_bridge_partner" using (exists (select 1 from usage_statement where usage_statement.id = statement_id));`,
    );

    this.addSql(partnerRoleIsGranted);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop policy "partner_rows" on "api_token";`);

    this.addSql(`drop policy "partner_rows" on "backup_job_result";`);

    this.addSql(`drop policy "partner_rows" on "delivery";`);

    this.addSql(`drop policy "partner_rows" on "integration";`);

    this.addSql(`drop policy "partner_rows" on "mapping";`);

    this.addSql(`drop policy "partner_rows" on "notice";`);

    this.addSql(`drop policy "partner_rows" on "organization";`);

    this.addSql(`drop policy "partner_rows" on "partner";`);

    this.addSql(`drop policy "partner_rows" on "planned_change";`);

    this.addSql(`drop policy "partner_rows" on "sync_run";`);

    this.addSql(`drop policy "partner_rows" on "usage_line";`);

    this.addSql(`drop policy "partner_rows" on "usage_record";`);

    this.addSql(`drop policy "partner_rows" on "usage_statement";`);

    this.addSql(`alter table "api_token" disable row level security;`);

    this.addSql(`alter table "backup_job_result" disable row level security;`);

    this.addSql(`alter table "delivery" disable row level security;`);

    this.addSql(`alter table "integration" disable row level security;`);

    this.addSql(`alter table "lease" disable row level security;`);

    this.addSql(`alter table "mapping" disable row level security;`);

    this.addSql(`alter table "notice" disable row level security;`);

    this.addSql(`alter table "notice_delivery" disable row level security;`);

    this.addSql(`alter table "organization" disable row level security;`);

    this.addSql(`alter table "partner" disable row level security;`);

    this.addSql(`alter table "planned_change" disable row level security;`);

    this.addSql(`alter table "request_allowance" disable row level security;`);

    this.addSql(`alter table "sync_run" disable row level security;`);

    this.addSql(`alter table "usage_line" disable row level security;`);

    this.addSql(`alter table "usage_record" disable row level security;`);

    this.addSql(`alter table "usage_statement" disable row level security;`);
  }
}
