import { type Opt, type Ref } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { partnerRows } from '../access/partner-rows.js';
import { Organization } from '../partners/organization.js';
import { SyncRun } from './sync-run.js';

/** What a dry run would do for one organization. */
@Entity({
  tableName: 'planned_change',
  policies: [partnerRows('exists (select 1 from sync_run where sync_run.id = run_id)')],
})
@Index({ properties: ['run', 'id'] })
export class PlannedChange {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @ManyToOne(() => SyncRun, { ref: true, deleteRule: 'cascade' })
  run!: Ref<SyncRun>;

  @ManyToOne(() => Organization, { ref: true })
  @Index()
  organization!: Ref<Organization>;

  @Property({ type: 'text' })
  summary!: string;

  @Property({ columnType: 'numeric', type: 'decimal', nullable: true })
  before?: string | null;

  @Property({ columnType: 'numeric', type: 'decimal', nullable: true })
  after?: string | null;
}
