import { type Opt, type Ref } from '@mikro-orm/core';
import {
  Check,
  Entity,
  Enum,
  Index,
  ManyToOne,
  PrimaryKey,
  Property,
  Unique,
} from '@mikro-orm/decorators/legacy';
import { z } from 'zod';
import { rowsOfItsOrganizations } from '../access/partner-rows.js';
import { Organization } from '../partners/organization.js';

export enum BackupStatus {
  SUCCESS = 'SUCCESS',
  WARNING = 'WARNING',
  ERROR = 'ERROR',
}

/** A status as it stands in rows and reports. */
export type BackupStatusName = `${BackupStatus}`;
export const backupStatusName = z.literal(Object.values(BackupStatus) as BackupStatusName[]);

/** One finished backup job, as the backup platform reported it. Never changes. */
@Entity({ tableName: 'backup_job_result', policies: [rowsOfItsOrganizations] })
@Unique({ properties: ['organization', 'externalId'] })
@Index({ properties: ['organization', 'endedAt'] })
@Check({ name: 'backup_job_result_times', expression: 'started_at <= ended_at' })
export class BackupJobResult {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @ManyToOne(() => Organization, { ref: true })
  organization!: Ref<Organization>;

  @Property({ type: 'text' })
  externalId!: string;

  @Property({ type: 'text' })
  jobName!: string;

  @Property({ type: 'text', nullable: true })
  device?: string | null;

  @Enum({ items: () => BackupStatus })
  status!: BackupStatus;

  @Property({ type: 'timestamptz' })
  startedAt!: Date;

  @Property({ type: 'timestamptz' })
  endedAt!: Date;

  /** Exact decimal. */
  @Property({ columnType: 'numeric', type: 'decimal', nullable: true })
  protectedBytes?: string | null;

  @Property({ type: 'text', nullable: true })
  message?: string | null;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  receivedAt!: Date & Opt;
}
