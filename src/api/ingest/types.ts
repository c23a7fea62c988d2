import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { BackupStatus } from '../../domain/backups/backup-job-result.js';
import { DateTimeScalar, DecimalScalar, TimeZoneScalar } from '../scalars/scalars.js';

registerEnumType(BackupStatus, {
  name: 'BackupStatus',
  description: 'How a backup job ended.',
  valuesConfig: {
    SUCCESS: { description: 'Everything is backed up.' },
    WARNING: { description: 'Backed up, with problems to look at.' },
    ERROR: { description: 'Not backed up.' },
  },
});

@InputType()
export class PartnerInput {
  @Field(() => String, { description: 'Your own id of the partner; 1 to 200 characters.' })
  externalId!: string;

  @Field(() => String, { description: '1 to 200 characters.' })
  name!: string;

  @Field(() => TimeZoneScalar, {
    nullable: true,
    defaultValue: 'UTC',
    description: 'Decides when its days begin, for digests and invoice dates.',
  })
  timeZone?: string | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: 1,
    description: 'The day of the month on which usage is billed, 1 to 31; in a shorter month its last day.',
  })
  invoiceDay?: number | null;
}

@InputType()
export class OrganizationInput {
  @Field(() => String, { description: 'Your own id of the organization, unique over all partners.' })
  externalId!: string;

  @Field(() => String, { description: 'Of a partner that was sent by `upsertPartners`. It never changes.' })
  partnerExternalId!: string;

  @Field(() => String, { description: '1 to 200 characters.' })
  name!: string;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: 'False: no longer a customer. Its history stays.',
  })
  active?: boolean | null;
}

@InputType()
export class UsageInput {
  @Field(() => String, { description: 'Of an organization that was sent by `upsertOrganizations`.' })
  organizationExternalId!: string;

  @Field(() => String, {
    description:
      'What was measured, such as `"Backup Usage"`. The partner’s billing levels in the PSA name the same type.',
  })
  usageType!: string;

  @Field(() => DecimalScalar, {
    description:
      'Zero or more, at most 18 digits before and 9 after the point. A measurement, not a difference.',
  })
  quantity!: string;

  @Field(() => DateTimeScalar, { description: 'Not more than a day in the future.' })
  measuredAt!: string;
}

@InputType()
export class BackupJobInput {
  @Field(() => String, {
    description:
      'Your own id of this result, unique in its organization. Use the same id when you send it again.',
  })
  externalId!: string;

  @Field(() => String, { description: 'Of an organization that was sent by `upsertOrganizations`.' })
  organizationExternalId!: string;

  @Field(() => String, { description: 'The name of the job or policy, 1 to 200 characters.' })
  jobName!: string;

  @Field(() => String, { nullable: true, description: 'The machine that was backed up.' })
  device?: string | null;

  @Field(() => BackupStatus, { description: 'Decides whether it makes a ticket, and with which priority.' })
  status!: BackupStatus;

  @Field(() => DateTimeScalar, { description: 'When the job began.' })
  startedAt!: string;

  @Field(() => DateTimeScalar, { description: 'Not before `startedAt`.' })
  endedAt!: string;

  @Field(() => DecimalScalar, { nullable: true, description: 'The amount of protected data, in bytes.' })
  protectedBytes?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The job’s message; it is cut after 20,000 characters.',
  })
  message?: string | null;
}

@ObjectType({ description: 'A row that was rejected. The other rows of the call were stored.' })
export class RejectedRecord {
  @Field(() => Int, { description: 'Its place in the call, from 0.' })
  index!: number;

  @Field(() => String, {
    description:
      '`INVALID` (a value that cannot be read: the message begins with its field), `UNKNOWN_PARTNER`, `UNKNOWN_ORGANIZATION` (send it first), `CONFLICT` (it contradicts what is stored and cannot change).',
  })
  code!: string;

  @Field(() => String, { description: 'What is wrong and what to do; begins with the field.' })
  message!: string;
}

@ObjectType({ description: 'The result of a call: each row is counted once.' })
export class IngestPayload {
  @Field(() => Int, { description: 'Rows that were new, or changed what was stored.' })
  accepted!: number;

  @Field(() => Int, { description: 'Rows that were stored already with the same content.' })
  duplicates!: number;

  @Field(() => [RejectedRecord], { description: 'By index; empty when no row was rejected.' })
  rejected!: RejectedRecord[];
}
