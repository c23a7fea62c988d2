import { randomBytes } from 'node:crypto';
import { SANDBOX_LOGIN } from '../../plugins/connectwise/sandbox/seed.js';
import { addDays, instantAt, localDate } from '../../src/domain/calendar.js';
import {
  ConnectIntegrationDocument,
  CreateApiTokenDocument,
  MappingsDocument,
  PartnersDocument,
  type Pipeline,
  ReportBackupJobsDocument,
  ReportUsageDocument,
  RunPipelineDocument,
  SendTestTicketDocument,
  ServiceBoardsDocument,
  SetMappingsDocument,
  TicketPrioritiesDocument,
  UpdateIntegrationOptionsDocument,
  UpsertOrganizationsDocument,
  UpsertPartnersDocument,
} from '../../src/gql/typed.js';
import { type GraphQLClient, graphqlClient } from '../support/graphql-client.js';
import { followStatus, type LiveStatus } from './live-status.js';

export interface PlayedStory {
  integrationId: string;
  partnerToken: string;
  /** Tickets and quantities that must be in the PSA now. */
  expected: { tickets: number; quantities: Record<string, string> };
}

/** Receives a line for each step. */
export type LogStep = (step: string, outcome: string) => void;

const timeZone = 'America/Chicago';

/**
 * Plays a partner's first day through the public API: what the backup platform reports, what the partner
 * clicks in its portal, and the three pipelines.
 */
export async function playStory(
  { url, operatorToken, sandboxHost }: { url: string; operatorToken: string; sandboxHost: string },
  now: Date,
  logStep: LogStep,
): Promise<PlayedStory> {
  const operator = graphqlClient(url, operatorToken);
  const today = localDate(now, timeZone);
  const yesterday = addDays(today, -1);

  const source = await tokenFor(operator, 'SOURCE', 'the backup platform');
  await operator.ask(
    UpsertPartnersDocument,
    {
      partners: [
        { externalId: 'lakeside', name: 'Lakeside IT', timeZone, invoiceDay: Number(today.slice(8)) },
      ],
    },
    source,
  );
  const customers = ['PM Customer #1', 'PM Customer #2', "O'Brien & Sons [NY]"];
  await operator.ask(
    UpsertOrganizationsDocument,
    {
      organizations: customers.map((name, n) => ({
        externalId: `customer-${n + 1}`,
        partnerExternalId: 'lakeside',
        name,
      })),
    },
    source,
  );
  logStep(
    'The backup platform reports a partner and its customers',
    `Lakeside IT with ${customers.length} customers`,
  );

  const { partners } = await operator.ask(PartnersDocument, { search: 'Lakeside' });
  const partnerId = partners.nodes[0]!.id;
  const partnerToken = await tokenFor(operator, 'PARTNER', 'Lakeside’s portal', partnerId);
  const portal = graphqlClient(url, partnerToken);

  const integrationId = await connect(portal, partnerId, sandboxHost, logStep);
  const live = followStatus(portal, partnerToken, integrationId);
  try {
    await chooseOptions(portal, integrationId, logStep);
    const companies = await mapCustomers(portal, integrationId, logStep);

    const { sendTestTicket } = await portal.ask(SendTestTicketDocument, {
      integrationId,
      companyId: companies.get(customers[0]!)!,
    });
    logStep('The partner sends a test ticket', `ticket ${sendTestTicket.delivery?.psaRecordId} arrived`);

    const jobs = await reportJobs(operator, source, yesterday);
    logStep('The backup platform reports a night of backup jobs', `${jobs} results`);
    await logEnd(live, 'EVENTS', logStep);

    await runToEnd(portal, live, integrationId, 'DIGEST', yesterday, logStep);

    const quantities = {
      'PM Customer #1': '1250.75',
      'PM Customer #2': '318.2',
      "O'Brien & Sons [NY]": '42',
    };
    await reportUsage(operator, source, yesterday, Object.values(quantities));
    logStep('The backup platform reports usage', Object.values(quantities).join(' GB, ').concat(' GB'));
    await runToEnd(portal, live, integrationId, 'USAGE', today, logStep);

    return { integrationId, partnerToken, expected: { tickets: 1 + jobs + customers.length, quantities } };
  } finally {
    live.stop();
  }
}

async function tokenFor(
  operator: GraphQLClient,
  role: 'SOURCE' | 'PARTNER',
  name: string,
  partnerId?: string,
): Promise<string> {
  const { createApiToken } = await operator.ask(CreateApiTokenDocument, {
    name: `${name} ${randomBytes(2).toString('hex')}`,
    role,
    partnerId,
  });
  return createApiToken.token!;
}

async function connect(
  portal: GraphQLClient,
  partnerId: string,
  sandboxHost: string,
  logStep: LogStep,
): Promise<string> {
  const login = { site: sandboxHost, companyId: SANDBOX_LOGIN.companyId, ...SANDBOX_LOGIN.keys };
  const { connectIntegration } = await portal.ask(ConnectIntegrationDocument, {
    input: {
      partnerId,
      psa: 'connectwise',
      credentials: Object.entries(login).map(([key, value]) => ({ key, value })),
    },
  });
  if (!connectIntegration.integration) throw new Error(JSON.stringify(connectIntegration.userErrors));
  const passed = connectIntegration.report!.checks.filter(({ state }) => state === 'PASSED').length;
  logStep(
    'The partner connects its ConnectWise (Test and Save)',
    `${passed} of ${connectIntegration.report!.checks.length} checks passed`,
  );
  return connectIntegration.integration.id;
}

async function chooseOptions(portal: GraphQLClient, integrationId: string, logStep: LogStep): Promise<void> {
  const { integration } = await portal.ask(ServiceBoardsDocument, { id: integrationId });
  const board = integration!.serviceBoards.find(({ name }) => name === 'Integration')!;
  const type = board.types.find(({ name }) => name === 'Backup')!;
  const subtype = type.subtypes.find(({ name }) => name === 'Failure')!;
  const priorities = (await portal.ask(TicketPrioritiesDocument, { id: integrationId })).integration!
    .ticketPriorities;
  const priority = (start: string) => priorities.find(({ name }) => name.startsWith(start))!.id;
  const { updateIntegrationOptions } = await portal.ask(UpdateIntegrationOptionsDocument, {
    integrationId,
    options: {
      serviceBoardId: board.id,
      serviceTypeId: type.id,
      serviceSubtypeId: subtype.id,
      billingEnabled: true,
      updateAgreementAdditions: true,
      alertPriorities: {
        successId: priority('Priority 4'),
        warningId: priority('Priority 3'),
        errorId: priority('Priority 1'),
      },
      dailyDigestEnabled: true,
    },
  });
  if (updateIntegrationOptions.userErrors.length > 0)
    throw new Error(JSON.stringify(updateIntegrationOptions.userErrors));
  logStep(
    'The partner chooses board, type, priorities, billing and digest',
    `${board.name} / ${type.name} / ${subtype.name}`,
  );
}

/** Maps every customer to the company that the API suggests; returns company ids by the customer's name. */
async function mapCustomers(
  portal: GraphQLClient,
  integrationId: string,
  logStep: LogStep,
): Promise<Map<string, string>> {
  const { integration } = await portal.ask(MappingsDocument, { id: integrationId });
  const rows = integration!.mappings.nodes;
  const mappings = rows.map(({ organization, suggestion }) => ({
    organizationId: organization.id,
    companyId: suggestion!.id,
    billingLevel: 'Default',
  }));
  const { setMappings } = await portal.ask(SetMappingsDocument, { integrationId, mappings });
  if (setMappings.userErrors.length > 0) throw new Error(JSON.stringify(setMappings.userErrors));
  logStep(
    'The partner maps its customers to companies',
    rows.map(({ suggestion }) => suggestion!.name).join(', '),
  );
  return new Map(rows.map(({ organization, suggestion }) => [organization.name, suggestion!.id]));
}

async function reportJobs(operator: GraphQLClient, source: string, date: string): Promise<number> {
  const job = (
    n: number,
    customer: number,
    status: 'SUCCESS' | 'WARNING' | 'ERROR',
    device: string,
    message?: string,
  ) => ({
    externalId: `job-${n}`,
    organizationExternalId: `customer-${customer}`,
    jobName: 'Nightly backup',
    device,
    status,
    startedAt: instantAt(date, '01:00', timeZone).toISOString(),
    endedAt: instantAt(date, '02:15', timeZone).toISOString(),
    protectedBytes: String(n * 125_000_000_000),
    message,
  });
  const jobs = [
    job(1, 1, 'SUCCESS', 'SRV-DC01'),
    job(2, 1, 'WARNING', 'SRV-SQL01', '3 files were in use and left out'),
    job(3, 2, 'SUCCESS', 'SRV-FILES'),
    job(4, 2, 'ERROR', 'SRV-MAIL', 'The volume D: is full'),
    job(5, 3, 'SUCCESS', 'NAS-01'),
  ];
  const { reportBackupJobs } = await operator.ask(ReportBackupJobsDocument, { jobs }, source);
  if (reportBackupJobs.accepted !== jobs.length) throw new Error(JSON.stringify(reportBackupJobs));
  return jobs.length;
}

async function reportUsage(
  operator: GraphQLClient,
  source: string,
  date: string,
  quantities: string[],
): Promise<void> {
  const records = quantities.map((quantity, n) => ({
    organizationExternalId: `customer-${n + 1}`,
    usageType: 'Backup Usage',
    quantity,
    measuredAt: instantAt(date, '12:00', timeZone).toISOString(),
  }));
  const { reportUsage: reported } = await operator.ask(ReportUsageDocument, { records }, source);
  if (reported.rejected.length > 0) throw new Error(JSON.stringify(reported));
}

async function runToEnd(
  portal: GraphQLClient,
  live: LiveStatus,
  integrationId: string,
  pipeline: Pipeline,
  date: string,
  logStep: LogStep,
): Promise<void> {
  const { runPipeline } = await portal.ask(RunPipelineDocument, { integrationId, pipeline, date });
  if (runPipeline.userErrors.length > 0) throw new Error(JSON.stringify(runPipeline.userErrors));
  await logEnd(live, pipeline, logStep);
}

async function logEnd(live: LiveStatus, pipeline: Pipeline, logStep: LogStep): Promise<void> {
  const { state, delivered, total } = await live.ended(pipeline);
  logStep(`The ${pipeline.toLowerCase()} pipeline runs`, `${state}: ${delivered} of ${total} delivered`);
}
