import { vi } from 'vitest';
import { localDate } from '../../src/domain/calendar.js';
import {
  type BackupJobInput,
  ConnectIntegrationDocument,
  CreateApiTokenDocument,
  DeliveriesDocument,
  type DeliveriesQuery,
  type IntegrationOptionsInput,
  MappingsDocument,
  type Pipeline,
  ReportBackupJobsDocument,
  ReportUsageDocument,
  RunPipelineDocument,
  SetMappingsDocument,
  SyncRunsDocument,
  type SyncRunsQuery,
  UpdateIntegrationOptionsDocument,
  UpsertOrganizationsDocument,
  UpsertPartnersDocument,
} from '../../src/gql/typed.js';
import type { GraphQLClient } from './graphql-client.js';
import type { TestService } from './service.js';

type Delivery = NonNullable<DeliveriesQuery['integration']>['deliveries']['nodes'][number];
type Run = NonNullable<SyncRunsQuery['integration']>['syncRuns']['nodes'][number];

export interface ConnectedPartner {
  partnerId: string;
  /** Its customers are `<externalId>-customer-1` and `-2`. */
  externalId: string;
  integrationId: string;
  /** Organization ids by name. */
  organizations: Record<string, string>;
  /** Reports one job result of a customer; the other fields have defaults. */
  reportJob(customer: number, job?: Partial<BackupJobInput>): Promise<void>;
  measure(customer: number, quantity: string, measuredAt: string, usageType?: string): Promise<void>;
  setLevel(customer: number, company: string | null, level?: string): Promise<void>;
  setOptions(options: IntegrationOptionsInput): Promise<void>;
  run(pipeline: Pipeline, options?: { dryRun?: boolean; date?: string }): Promise<Run>;
  deliveries(): Promise<Delivery[]>;
  /** Waits until no delivery is pending; returns all of them, the newest first. */
  settled(): Promise<Delivery[]>;
}

let partners = 0;
let jobs = 0;

/**
 * A partner with the customers "PM Customer #1" and "PM Customer #2", connected to the sandbox and mapped by
 * name, with board, priorities, billing and additions set; everything through the public API, and what a portal
 * does with a token of the partner. The invoice day 'today' is the one of the partner's time zone.
 */
export async function connectPartner(
  bridge: Pick<TestService, 'client' | 'sandbox' | 'database' | 'credentials'>,
  {
    timeZone = 'America/Chicago',
    invoiceDay = 23,
    options = {},
  }: { timeZone?: string; invoiceDay?: number | 'today'; options?: IntegrationOptionsInput } = {},
): Promise<ConnectedPartner> {
  const { client, sandbox } = bridge;
  partners += 1;
  const partner = `partner-${partners}`;
  const customerId = (customer: number) => `${partner}-customer-${customer}`;
  await client.ask(UpsertPartnersDocument, {
    partners: [
      {
        externalId: partner,
        name: partner,
        timeZone,
        invoiceDay: invoiceDay === 'today' ? Number(localDate(new Date(), timeZone).slice(8)) : invoiceDay,
      },
    ],
  });
  await client.ask(UpsertOrganizationsDocument, {
    organizations: [1, 2].map(customer => ({
      externalId: customerId(customer),
      partnerExternalId: partner,
      name: `PM Customer #${customer}`,
    })),
  });
  const found = await client.send<{ partners: { nodes: { id: string }[] } }, unknown>(
    `{ partners(search: "${partner}") { nodes { id } } }`,
  );
  const partnerId = found.data!.partners.nodes[0]!.id;
  const { createApiToken } = await client.ask(CreateApiTokenDocument, {
    name: 'portal',
    role: 'PARTNER',
    partnerId,
  });
  const portal: Pick<GraphQLClient, 'ask'> = {
    ask: (document, variables) => client.ask(document, variables, createApiToken.token),
  };
  const { connectIntegration } = await portal.ask(ConnectIntegrationDocument, {
    input: { partnerId, psa: 'connectwise', credentials: bridge.credentials },
  });
  if (!connectIntegration.integration) throw new Error(JSON.stringify(connectIntegration.userErrors));
  const integrationId = connectIntegration.integration.id;
  const idOf = (rows: { id: number; name: string }[], name: string) =>
    String(rows.find(row => row.name.startsWith(name))!.id);
  const priorities = sandbox.store.priorities.all();

  const self: ConnectedPartner = {
    partnerId,
    externalId: partner,
    integrationId,
    organizations: {},
    async reportJob(customer, job = {}) {
      jobs += 1;
      const { reportBackupJobs } = await client.ask(ReportBackupJobsDocument, {
        jobs: [
          {
            externalId: `job-${jobs}`,
            organizationExternalId: customerId(customer),
            jobName: 'Nightly',
            device: 'SRV01',
            status: 'ERROR',
            startedAt: '2026-11-22T08:00:00Z',
            endedAt: '2026-11-22T09:00:00Z',
            ...job,
          },
        ],
      });
      if (reportBackupJobs.accepted !== 1) throw new Error(JSON.stringify(reportBackupJobs));
    },
    async measure(customer, quantity, measuredAt, usageType = 'Backup Usage') {
      const record = { organizationExternalId: customerId(customer), usageType, quantity, measuredAt };
      const { reportUsage } = await client.ask(ReportUsageDocument, { records: [record] });
      if (reportUsage.rejected.length > 0) throw new Error(JSON.stringify(reportUsage));
    },
    async setLevel(customer, company, billingLevel = 'Default') {
      const companyId =
        company &&
        idOf(sandbox.store.companies.lookup('name', [company]) as { id: number; name: string }[], company);
      const { setMappings } = await portal.ask(SetMappingsDocument, {
        integrationId,
        mappings: [
          { organizationId: self.organizations[`PM Customer #${customer}`]!, companyId, billingLevel },
        ],
      });
      if (setMappings.userErrors.length > 0) throw new Error(JSON.stringify(setMappings.userErrors));
    },
    async setOptions(changed) {
      const { updateIntegrationOptions } = await portal.ask(UpdateIntegrationOptionsDocument, {
        integrationId,
        options: changed,
      });
      if (updateIntegrationOptions.userErrors.length > 0)
        throw new Error(JSON.stringify(updateIntegrationOptions.userErrors));
    },
    async run(pipeline, { dryRun = false, date } = {}) {
      const { runPipeline } = await portal.ask(RunPipelineDocument, {
        integrationId,
        pipeline,
        dryRun,
        date,
      });
      if (!runPipeline.run || runPipeline.userErrors.length > 0)
        throw new Error(JSON.stringify(runPipeline.userErrors));
      return vi.waitFor(
        async () => {
          const { integration } = await portal.ask(SyncRunsDocument, { id: integrationId, pipeline });
          const run = integration!.syncRuns.nodes.find(node => node.id === runPipeline.run!.id)!;
          if (run.state === 'RUNNING') throw new Error(`still running: ${run.error ?? ''}`);
          return run;
        },
        { timeout: 15_000, interval: 30 },
      );
    },
    async deliveries() {
      return (await portal.ask(DeliveriesDocument, { id: integrationId, first: 500 })).integration!.deliveries
        .nodes;
    },
    settled: () =>
      vi.waitFor(
        async () => {
          const all = await self.deliveries();
          if (all.length === 0 || all.some(({ state }) => state === 'PENDING'))
            throw new Error(`pending: ${JSON.stringify(all)}`);
          return all;
        },
        { timeout: 15_000, interval: 30 },
      ),
  };
  await self.setOptions({
    serviceBoardId: idOf(sandbox.store.boards.all(), 'Integration'),
    serviceTypeId: idOf(sandbox.store.types.all(), 'Backup'),
    billingEnabled: true,
    updateAgreementAdditions: true,
    alertPriorities: {
      successId: null,
      warningId: idOf(priorities, 'Priority 3'),
      errorId: idOf(priorities, 'Priority 1'),
    },
    ...options,
  });
  const { integration } = await portal.ask(MappingsDocument, { id: integrationId });
  for (const { organization } of integration!.mappings.nodes)
    self.organizations[organization.name] = organization.id;
  for (const customer of [1, 2]) await self.setLevel(customer, `PM Customer #${customer}`);
  return self;
}
