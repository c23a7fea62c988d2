import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { IngestResult } from '../../ingest/check-rows.js';
import { reportBackupJobs } from '../../ingest/report-backup-jobs.js';
import { reportUsage } from '../../ingest/report-usage.js';
import { upsertOrganizations } from '../../ingest/upsert-organizations.js';
import { upsertPartners } from '../../ingest/upsert-partners.js';
import type { ReportedKind } from '../../observability/metrics.js';
import { ForBackupPlatforms } from '../access.js';
import type { ApiContext, ApiDependencies } from '../context.js';
import { atMostRows } from '../limits.js';
import { BackupJobInput, IngestPayload, OrganizationInput, PartnerInput, UsageInput } from './types.js';

const rules =
  'Up to 10,000 rows a call. Bad rows are rejected one by one with their index and reason; good rows are stored. Safe to repeat: send a call again whenever you are not sure that it arrived.';

function counted(kind: ReportedKind, { metrics }: ApiDependencies, result: IngestResult): IngestResult {
  metrics.countReport(kind, result);
  return result;
}

@Resolver()
export class IngestResolver {
  @ForBackupPlatforms()
  @Mutation(() => IngestPayload, {
    description: `Creates partners or brings them up to date, by externalId. Schedules follow a new time zone or invoice day. ${rules}`,
  })
  async upsertPartners(
    @Arg('partners', () => [PartnerInput]) partners: PartnerInput[],
    @Ctx() { em, app }: ApiContext,
  ): Promise<IngestPayload> {
    atMostRows('partners', partners);
    const options = { now: app.now(), schedules: app.schedules };
    return counted('partner', app, await upsertPartners(em, partners, options));
  }

  @ForBackupPlatforms()
  @Mutation(() => IngestPayload, {
    description: `Creates organizations or brings them up to date, by externalId. ${rules}`,
  })
  async upsertOrganizations(
    @Arg('organizations', () => [OrganizationInput]) organizations: OrganizationInput[],
    @Ctx() { em, app }: ApiContext,
  ): Promise<IngestPayload> {
    atMostRows('organizations', organizations);
    return counted('organization', app, await upsertOrganizations(em, organizations));
  }

  @ForBackupPlatforms()
  @Mutation(() => IngestPayload, {
    description: `Stores measurements. An organization has one quantity for a usage type and instant; another one corrects it, until the statement is closed. ${rules}`,
  })
  async reportUsage(
    @Arg('records', () => [UsageInput]) records: UsageInput[],
    @Ctx() { em, app }: ApiContext,
  ): Promise<IngestPayload> {
    atMostRows('records', records);
    return counted('usage_record', app, await reportUsage(em, records, { now: app.now() }));
  }

  @ForBackupPlatforms()
  @Mutation(() => IngestPayload, {
    description: `Stores finished backup jobs. Each result that the partner wants a ticket for gets exactly one. A result never changes: the same externalId with other content is a CONFLICT. ${rules}`,
  })
  async reportBackupJobs(
    @Arg('jobs', () => [BackupJobInput]) jobs: BackupJobInput[],
    @Ctx() { em, app }: ApiContext,
  ): Promise<IngestPayload> {
    atMostRows('jobs', jobs);
    const { retentionDays } = app.config;
    const options = { now: app.now(), wakeUp: app.wakeUp, retentionDays };
    return counted('backup_job', app, await reportBackupJobs(em, jobs, options));
  }
}
