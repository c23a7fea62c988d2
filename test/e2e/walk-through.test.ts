import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  CompaniesDocument,
  ConnectIntegrationDocument,
  CreateApiTokenDocument,
  DeliveriesDocument,
  IntegrationsDocument,
  MappingsDocument,
  type Pipeline,
  ReportBackupJobsDocument,
  ReportUsageDocument,
  RunPipelineDocument,
  SendTestTicketDocument,
  ServiceBoardsDocument,
  SetMappingsDocument,
  SyncRunsDocument,
  TestConnectionDocument,
  TicketPrioritiesDocument,
  UpdateIntegrationOptionsDocument,
  UpsertOrganizationsDocument,
  UpsertPartnersDocument,
  UsageStatementsDocument,
} from '../../src/gql/typed.js';
import { connectWiseCredentials, startTestService, type TestService } from '../support/service.js';

// It is Monday the 23rd, nine in the morning in Chicago: the partner's invoice day.
const now = () => new Date('2026-11-23T15:00:00Z');
let bridge: TestService;
let source: string;
let partnerToken: string;
let partnerId: string;
let integrationId: string;
const organizations: Record<string, string> = {};
const companies: Record<string, string> = {};

beforeAll(async () => {
  bridge = await startTestService({ now });
});
afterAll(() => bridge.stop());

async function waitForEnd(pipeline: Pipeline) {
  return vi.waitFor(
    async () => {
      const { integration } = await bridge.client.ask(
        SyncRunsDocument,
        { id: integrationId, pipeline, first: 1 },
        partnerToken,
      );
      const [run] = integration!.syncRuns.nodes;
      expect(run?.state).not.toBe('RUNNING');
      return run!;
    },
    { timeout: 10_000, interval: 50 },
  );
}

describe('the walk-through of the user guide', () => {
  it('begins with the report of the backup platform', async () => {
    const { createApiToken } = await bridge.client.ask(CreateApiTokenDocument, {
      name: 'platform',
      role: 'SOURCE',
    });
    source = createApiToken.token!;
    const { upsertPartners } = await bridge.client.ask(
      UpsertPartnersDocument,
      {
        partners: [{ externalId: 'msp-1', name: 'Lakeside IT', timeZone: 'America/Chicago', invoiceDay: 23 }],
      },
      source,
    );
    const { upsertOrganizations } = await bridge.client.ask(
      UpsertOrganizationsDocument,
      {
        organizations: ['PM Customer #1', 'PM Customer #2'].map((name, n) => ({
          externalId: `customer-${n + 1}`,
          partnerExternalId: 'msp-1',
          name,
        })),
      },
      source,
    );
    expect([upsertPartners.accepted, upsertOrganizations.accepted]).toEqual([1, 2]);
    const answer = await bridge.client.send<{ partners: { nodes: { id: string }[] } }, unknown>(
      '{ partners { nodes { id } } }',
    );
    partnerId = answer.data!.partners.nodes[0]!.id;
    const own = await bridge.client.ask(CreateApiTokenDocument, {
      name: 'portal',
      role: 'PARTNER',
      partnerId,
    });
    partnerToken = own.createApiToken.token!;
  });

  it('rejects a wrong password, says what to do, and stores nothing', async () => {
    const input = {
      partnerId,
      psa: 'connectwise',
      credentials: connectWiseCredentials(bridge.sandbox, 'wrong'),
    };
    const { connectIntegration } = await bridge.client.ask(
      ConnectIntegrationDocument,
      { input },
      partnerToken,
    );
    const failed = connectIntegration.report!.checks.find(check => check.state === 'FAILED');
    expect(failed).toMatchObject({ id: 'login', hint: expect.stringContaining('API Members') });
    expect(connectIntegration.userErrors).toEqual([expect.objectContaining({ code: 'CHECK_FAILED' })]);
    const { integrations } = await bridge.client.ask(IntegrationsDocument, { partnerId }, partnerToken);
    expect(integrations).toEqual([]);
  });

  it('tests without saving, then tests and saves', async () => {
    const input = { partnerId, psa: 'connectwise', credentials: bridge.credentials };
    const { testConnection } = await bridge.client.ask(TestConnectionDocument, { input }, partnerToken);
    expect(testConnection.report?.ok).toBe(true);
    expect((await bridge.client.ask(IntegrationsDocument, { partnerId }, partnerToken)).integrations).toEqual(
      [],
    );
    const { connectIntegration } = await bridge.client.ask(
      ConnectIntegrationDocument,
      { input },
      partnerToken,
    );
    expect(connectIntegration).toMatchObject({ userErrors: [], integration: { status: 'CONNECTED' } });
    integrationId = connectIntegration.integration!.id;
  });

  it('chooses board, type, subtype and priorities, enables billing, additions and the digest', async () => {
    const boards = (await bridge.client.ask(ServiceBoardsDocument, { id: integrationId }, partnerToken))
      .integration!.serviceBoards;
    const board = boards.find(({ name }) => name === 'Integration')!;
    const type = board.types.find(({ name }) => name === 'Backup')!;
    const subtype = type.subtypes.find(({ name }) => name === 'Failure')!;
    const priorities = (
      await bridge.client.ask(TicketPrioritiesDocument, { id: integrationId }, partnerToken)
    ).integration!.ticketPriorities;
    const priority = (start: string) => priorities.find(({ name }) => name.startsWith(start))!.id;
    const { updateIntegrationOptions } = await bridge.client.ask(
      UpdateIntegrationOptionsDocument,
      {
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
      },
      partnerToken,
    );
    expect(updateIntegrationOptions.userErrors).toEqual([]);
    expect(updateIntegrationOptions.integration!.schedule).toEqual(
      expect.arrayContaining([
        { pipeline: 'USAGE', nextRunAt: '2026-12-23T12:00:00.000Z' },
        { pipeline: 'DIGEST', nextRunAt: '2026-11-24T13:00:00.000Z' },
      ]),
    );
  });

  it('maps its two customers, whose names it recognizes, with levels', async () => {
    const { integration } = await bridge.client.ask(MappingsDocument, { id: integrationId }, partnerToken);
    for (const { organization, suggestion } of integration!.mappings.nodes) {
      expect(suggestion?.name).toBe(organization.name);
      organizations[organization.name] = organization.id;
    }
    const found = await bridge.client.ask(
      CompaniesDocument,
      { id: integrationId, search: 'PM Customer' },
      partnerToken,
    );
    for (const { id, name } of found.integration!.companies.nodes) companies[name] = id;
    const { setMappings } = await bridge.client.ask(
      SetMappingsDocument,
      {
        integrationId,
        mappings: [
          {
            organizationId: organizations['PM Customer #1']!,
            companyId: companies['PM Customer #1'],
            billingLevel: 'Default',
          },
          {
            organizationId: organizations['PM Customer #2']!,
            companyId: companies['PM Customer #2'],
            billingLevel: 'Gold',
          },
        ],
      },
      partnerToken,
    );
    expect(setMappings.userErrors).toEqual([]);
  });

  it('sends a test ticket that arrives on the chosen board', async () => {
    const { sendTestTicket } = await bridge.client.ask(
      SendTestTicketDocument,
      { integrationId, companyId: companies['PM Customer #1']! },
      partnerToken,
    );
    expect(sendTestTicket).toMatchObject({ userErrors: [], delivery: { state: 'DELIVERED' } });
    const ticket = bridge.sandbox.store.tickets.get(Number(sendTestTicket.delivery!.psaRecordId))!;
    expect(ticket).toMatchObject({
      summary: expect.stringMatching(/^Test ticket/),
      company: { name: 'PM Customer #1' },
      board: { name: 'Integration' },
      type: { name: 'Backup' },
      subType: { name: 'Failure' },
    });
  });

  it('gets a ticket for each backup job, with the priority of its result', async () => {
    const job = (
      externalId: string,
      customer: number,
      status: 'SUCCESS' | 'WARNING' | 'ERROR',
      device: string,
    ) => ({
      externalId,
      organizationExternalId: `customer-${customer}`,
      jobName: 'Nightly',
      device,
      status,
      startedAt: '2026-11-22T08:00:00Z',
      endedAt: '2026-11-22T09:30:00Z',
      protectedBytes: '1250000000',
      message: status === 'ERROR' ? 'The disk is full' : undefined,
    });
    const jobs = [
      job('a', 1, 'SUCCESS', 'SRV01'),
      job('b', 1, 'WARNING', 'SRV02'),
      job('c', 2, 'ERROR', 'SRV03'),
    ];
    const first = await bridge.client.ask(ReportBackupJobsDocument, { jobs }, source);
    const again = await bridge.client.ask(ReportBackupJobsDocument, { jobs }, source);
    expect([first.reportBackupJobs.accepted, again.reportBackupJobs.duplicates]).toEqual([3, 3]);
    const run = await waitForEnd('EVENTS');
    expect(run).toMatchObject({ state: 'SUCCEEDED', trigger: 'INGEST', total: 3, delivered: 3 });
    const tickets = bridge.sandbox.store.tickets.all().filter(ticket => !ticket.summary.startsWith('Test'));
    expect(
      tickets.map(({ summary, company, priority }) => [summary, company.name, priority?.name]).sort(),
    ).toEqual([
      [
        'Backup ended with warnings: SRV02 (Nightly) - PM Customer #1',
        'PM Customer #1',
        'Priority 3 - Normal Response',
      ],
      [
        'Backup failed: SRV03 (Nightly) - PM Customer #2',
        'PM Customer #2',
        'Priority 1 - Emergency Response',
      ],
      [
        'Backup succeeded: SRV01 (Nightly) - PM Customer #1',
        'PM Customer #1',
        'Priority 4 - Scheduled Maintenance',
      ],
    ]);
    const failed = tickets.find(({ summary }) => summary.startsWith('Backup failed'))!;
    expect(bridge.sandbox.store.textsOf(failed.id)).toEqual([
      `Backup failed.

Customer: PM Customer #2
Job: Nightly
Device: SRV03
Started: 2026-11-22 02:00 (America/Chicago)
Ended: 2026-11-22 03:30 (America/Chicago), after 90 minutes
Protected: 1.25 GB

Message:
The disk is full

Job result: c`,
    ]);
    expect(failed.automaticEmailContactFlag).toBe(false);
  });

  it('gets one digest per customer for the day', async () => {
    const { runPipeline } = await bridge.client.ask(
      RunPipelineDocument,
      { integrationId, pipeline: 'DIGEST' },
      partnerToken,
    );
    expect(runPipeline.userErrors).toEqual([]);
    expect(await waitForEnd('DIGEST')).toMatchObject({ state: 'SUCCEEDED', total: 2, delivered: 2 });
    const digests = bridge.sandbox.store.tickets
      .all()
      .filter(({ summary }) => summary.startsWith('Backup digest'));
    expect(digests.map(({ summary, company }) => [company.name, summary]).sort()).toEqual([
      ['PM Customer #1', 'Backup digest 2026-11-22: 0 failed, 1 with warnings, 1 succeeded - PM Customer #1'],
      [
        'PM Customer #2',
        'Backup digest 2026-11-22: 1 failed, 0 with warnings, 0 succeeded, 1 without backup - PM Customer #2',
      ],
    ]);
    await bridge.client.ask(RunPipelineDocument, { integrationId, pipeline: 'DIGEST' }, partnerToken);
    expect(await waitForEnd('DIGEST')).toMatchObject({ total: 0 });
  });

  it('gets exactly the invoiced quantities on the invoice date, as the dry run shows before', async () => {
    const measured = (customer: number, quantity: string, measuredAt: string) => ({
      organizationExternalId: `customer-${customer}`,
      usageType: 'Backup Usage',
      quantity,
      measuredAt,
    });
    await bridge.client.ask(
      ReportUsageDocument,
      {
        records: [
          measured(1, '900.5', '2026-11-01T12:00:00Z'),
          measured(1, '1250.75', '2026-11-22T12:00:00Z'),
          measured(1, '9999', '2026-11-23T12:00:00Z'), // the next period's
          measured(2, '0.1', '2026-11-20T12:00:00Z'),
        ],
      },
      source,
    );
    const dry = await bridge.client.ask(
      RunPipelineDocument,
      { integrationId, pipeline: 'USAGE', dryRun: true },
      partnerToken,
    );
    expect(dry.runPipeline.userErrors).toEqual([]);
    expect(await waitForEnd('USAGE')).toMatchObject({ state: 'SUCCEEDED', dryRun: true });
    expect(bridge.sandbox.store.additionChanges).toEqual([]);

    await bridge.client.ask(RunPipelineDocument, { integrationId, pipeline: 'USAGE' }, partnerToken);
    expect(await waitForEnd('USAGE')).toMatchObject({
      state: 'SUCCEEDED',
      dryRun: false,
      total: 2,
      delivered: 2,
    });
    expect(
      bridge.sandbox.store.additionChanges
        .map(({ additionId, field, before, after }) => {
          const addition = bridge.sandbox.store.additions.get(additionId)!;
          return [
            bridge.sandbox.store.agreements.get(addition.agreementId)!.company.name,
            addition.product.identifier,
            field,
            before,
            after,
          ];
        })
        .sort(),
    ).toEqual([
      ['PM Customer #1', 'Arcserve UDP Cloud Direct', 'quantity', 24, 1250.75],
      ['PM Customer #2', 'Cloud Direct Gold', 'quantity', 0, 0.1],
    ]);
  });

  it('shows a statement that agrees with the PSA', async () => {
    const { integration } = await bridge.client.ask(
      UsageStatementsDocument,
      { id: integrationId },
      partnerToken,
    );
    expect(integration!.usageStatements.nodes).toMatchObject([
      { periodStart: '2026-10-23', periodEnd: '2026-11-22', invoiceDate: '2026-11-23', revision: 1 },
    ]);
    const lines = integration!.usageStatements.nodes[0]!.lines.map(
      ({ organization, quantity, psaQuantity, billingLevel, state }) => [
        organization.name,
        quantity,
        psaQuantity,
        billingLevel,
        state,
      ],
    );
    expect(lines.sort()).toEqual([
      ['PM Customer #1', '1250.75', '1250.75', 'Default', 'DELIVERED'],
      ['PM Customer #2', '0.1', '0.1', 'Gold', 'DELIVERED'],
    ]);
  });

  it('ends without pending deliveries', async () => {
    const { integration } = await bridge.client.ask(
      DeliveriesDocument,
      { id: integrationId, first: 100 },
      partnerToken,
    );
    expect(new Set(integration!.deliveries.nodes.map(({ state }) => state))).toEqual(new Set(['DELIVERED']));
    expect(integration!.deliveries.totalCount).toBe(8);
  });
});
