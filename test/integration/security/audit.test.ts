import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { faults } from '../../../plugins/connectwise/sandbox/faults.js';
import { SANDBOX_LOGIN } from '../../../plugins/connectwise/sandbox/seed.js';
import { query } from '../../../src/db/sql.js';
import {
  ApiTokensDocument,
  AuditedDeliveriesDocument,
  AuditLogDocument,
  type AuditLogQuery,
  type AuditLogQueryVariables,
  CreateApiTokenDocument,
  IntegrationDetailsDocument,
  RetryDeliveriesDocument,
  RevokeApiTokenDocument,
  SendTestTicketDocument,
  UpsertPartnersDocument,
  ViewerDocument,
} from '../../../src/gql/typed.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { startTestService, type TestService } from '../../support/service.js';

let bridge: TestService;
let partner: ConnectedPartner;
let other: ConnectedPartner;
let token: string;

beforeAll(async () => {
  bridge = await startTestService();
  partner = await connectPartner(bridge);
  other = await connectPartner(bridge);
  token = await newToken(partner.partnerId);
});
afterAll(() => bridge.stop());

type Entry = AuditLogQuery['auditLog']['nodes'][number];

async function newToken(partnerId: string): Promise<string> {
  const { createApiToken } = await bridge.client.ask(CreateApiTokenDocument, {
    name: 'Jane’s script',
    role: 'PARTNER',
    partnerId,
  });
  return createApiToken.token!;
}

async function log(
  filter: AuditLogQueryVariables = {},
  as: string | undefined = undefined,
): Promise<Entry[]> {
  const { auditLog } = await bridge.client.ask(AuditLogDocument, { first: 500, ...filter }, as);
  return auditLog.nodes;
}

const changesOf = (entry: Entry | undefined) =>
  Object.fromEntries(
    entry!.changes.map(({ field, before, after }) => [field, [before, after].map(v => v && JSON.parse(v))]),
  );

describe('the audit log', () => {
  it('shows who changed which option, from where, with the values before and after', async () => {
    await partner.setOptions({ dailyDigestTime: '08:30' });
    const [entry] = await log({ integrationId: partner.integrationId });
    expect(entry).toMatchObject({
      action: 'integration.options_changed',
      actor: { kind: 'TOKEN', name: 'portal', role: 'PARTNER' },
      address: '127.0.0.1',
      partnerId: partner.partnerId,
    });
    expect(entry!.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(changesOf(entry)).toEqual({ daily_digest_time: ['07:00', '08:30'] });
  });

  it('has no entry for a change without effect', async () => {
    const before = await log({ integrationId: partner.integrationId });
    await partner.setOptions({ dailyDigestTime: '08:30' });
    await partner.setLevel(1, 'PM Customer #1');
    expect(await log({ integrationId: partner.integrationId })).toEqual(before);
  });

  it('shows the company and level of an organization’s mapping before and after', async () => {
    await partner.setLevel(2, null);
    const [entry] = await log({ integrationId: partner.integrationId, action: 'mapping.changed' });
    expect(entry!.subjectId).toBe(partner.organizations['PM Customer #2']);
    expect(changesOf(entry)).toMatchObject({
      company_name: ['PM Customer #2', null],
      billing_level: ['Default', null],
    });
    await partner.setLevel(2, 'PM Customer #2');
  });

  it('shows that credentials were entered, and never their values', async () => {
    const [entry] = await log({ integrationId: partner.integrationId, action: 'integration.connected' });
    expect(changesOf(entry)).toMatchObject({ credentials: [null, 'entered'], status: [null, 'CONNECTED'] });
    const rows = await query<{ row: string }>(
      bridge.database.orm.em.fork(),
      'select t::text as row from audit_entry t',
    );
    const text = rows.map(({ row }) => row).join('\n');
    for (const secret of [...Object.values(SANDBOX_LOGIN.keys), 'v1.']) expect(text).not.toContain(secret);
  });

  it('shows when a partner’s invoice day was changed, which decides what is billed when', async () => {
    const row = { externalId: other.externalId, name: other.externalId, timeZone: 'America/Chicago' };
    await bridge.client.ask(UpsertPartnersDocument, { partners: [{ ...row, invoiceDay: 24 }] });
    const [entry] = await log({ partnerId: other.partnerId, action: 'partner.changed' });
    expect(changesOf(entry)).toMatchObject({ invoice_day: [23, 24] });
  });

  it('has the creation and revocation of tokens', async () => {
    const { createApiToken } = await bridge.client.ask(
      CreateApiTokenDocument,
      { name: 'short-lived', role: 'PARTNER' },
      token,
    );
    await bridge.client.ask(RevokeApiTokenDocument, { id: createApiToken.id! }, token);
    const entries = (await log({}, token)).filter(({ subjectId }) => subjectId === createApiToken.id);
    expect(entries.map(({ action, actor }) => [action, actor.name])).toEqual([
      ['token.revoked', 'Jane’s script'],
      ['token.created', 'Jane’s script'],
    ]);
    const { apiTokens } = await bridge.client.ask(ApiTokensDocument, {}, token);
    expect(apiTokens.nodes.find(({ id }) => id === createApiToken.id)!.revokedAt).not.toBeNull();
  });

  it('has a sign-in once a day for each token and address', async () => {
    const fresh = await newToken(partner.partnerId);
    for (let n = 0; n < 3; n += 1) await bridge.client.ask(ViewerDocument, {}, fresh);
    const { apiTokens } = await bridge.client.ask(ApiTokensDocument, { first: 1 });
    const entries = await log({ actorId: apiTokens.nodes[0]!.id, action: 'signed_in' });
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ address: '127.0.0.1', partnerId: partner.partnerId });
  });

  it('has the attempt to sign in with a token that was revoked', async () => {
    const fresh = await newToken(partner.partnerId);
    const { apiTokens } = await bridge.client.ask(ApiTokensDocument, { first: 1 });
    const { id } = apiTokens.nodes[0]!;
    await bridge.client.ask(RevokeApiTokenDocument, { id });
    await bridge.client.send(ViewerDocument, {}, fresh);
    expect(await log({ actorId: id, action: 'sign_in.refused' })).toHaveLength(1);
  });

  it('shows a partner the entries that affect it, from any actor, but not the address of the vendor’s staff', async () => {
    await bridge.client.ask(UpsertPartnersDocument, {
      partners: [
        { externalId: partner.externalId, name: 'Renamed', timeZone: 'America/Chicago', invoiceDay: 23 },
      ],
    });
    const mine = await log({}, token);
    expect(new Set(mine.map(({ partnerId }) => partnerId))).toEqual(new Set([partner.partnerId]));
    expect(mine.find(({ action }) => action === 'partner.changed')).toMatchObject({
      actor: { role: 'OPERATOR' },
      address: null,
    });
    expect((await log()).some(({ partnerId }) => partnerId === other.partnerId)).toBe(true);
  });

  it('has no entry for what the service does automatically', async () => {
    const before = await log({ integrationId: partner.integrationId });
    bridge.sandbox.faults.inject({}, faults.unauthorized(), { times: Number.POSITIVE_INFINITY });
    await partner.reportJob(1, { device: 'LOCKED' });
    await vi.waitFor(
      async () => {
        const { integration } = await bridge.client.ask(IntegrationDetailsDocument, {
          id: partner.integrationId,
        });
        expect(integration!.status).toBe('NEEDS_ATTENTION');
      },
      { timeout: 10_000 },
    );
    expect(await log({ integrationId: partner.integrationId })).toEqual(before);
    bridge.sandbox.faults.clear();
    await query(
      bridge.database.orm.em.fork(),
      `update integration set status = 'CONNECTED', next_probe_at = null, status_reason = null`,
    );
  });
});

describe('a write to the PSA that a person caused', () => {
  const caused = async (action: string) => {
    const { auditLog } = await bridge.client.ask(AuditedDeliveriesDocument, {
      integrationId: partner.integrationId,
      action,
    });
    return auditLog.nodes[0]!;
  };

  it('is linked to the test that they sent', async () => {
    const [company] = bridge.sandbox.store.companies.all();
    const { sendTestTicket } = await bridge.client.ask(
      SendTestTicketDocument,
      { integrationId: partner.integrationId, companyId: String(company!.id) },
      token,
    );
    const entry = await caused('test_ticket.sent');
    expect(entry.deliveries.nodes).toMatchObject([
      { id: sendTestTicket.delivery!.id, state: 'DELIVERED', releasedBy: { id: entry.id } },
    ]);
  });

  it('is linked to the run that they started', async () => {
    await partner.measure(1, '12.5', new Date(Date.now() - 40 * 24 * 3_600_000).toISOString());
    await partner.run('DIGEST', { dryRun: true });
    expect(changesOf((await log({ action: 'run.started' }))[0])).toMatchObject({
      pipeline: [null, 'DIGEST'],
      dry_run: [null, true],
    });
    expect((await caused('run.started')).deliveries.totalCount).toBe(0);
  });

  it('is linked to the retry that released it', async () => {
    bridge.sandbox.faults.inject({ method: 'POST' }, faults.invalid('ticket', 'summary', 'No.'));
    await partner.reportJob(1, { device: 'REFUSED' });
    const failed = (await partner.settled()).find(({ state }) => state === 'FAILED')!;
    await bridge.client.ask(RetryDeliveriesDocument, {
      integrationId: partner.integrationId,
      ids: [failed.id],
    });
    await partner.settled();
    const entry = await caused('deliveries.retried');
    expect(entry.deliveries.nodes).toMatchObject([{ id: failed.id, state: 'DELIVERED' }]);
  });

  describe('results from settings', () => {
    let set: ConnectedPartner;
    beforeAll(async () => {
      set = await connectPartner(bridge);
    });
    const writesCausedBy = async (action: string, subject?: string) => {
      const { auditLog } = await bridge.client.ask(AuditedDeliveriesDocument, {
        integrationId: set.integrationId,
        action,
      });
      return auditLog.nodes
        .filter(({ subjectId }) => subject === undefined || subjectId === set.organizations[subject])
        .map(({ deliveries }) =>
          deliveries.nodes.map(({ summary }) => /[A-Z]{5,}/.exec(summary)?.[0] ?? summary),
        );
    };
    const ticketOn = async (device: string) => {
      await set.reportJob(1, { device });
      await set.settled();
    };

    it('and is linked to the mapping that was used', async () => {
      await ticketOn('FIRST');
      await set.setLevel(1, 'PM Customer #2');
      await ticketOn('SECOND');
      expect(await writesCausedBy('mapping.changed', 'PM Customer #1')).toEqual([['SECOND'], ['FIRST']]);
      expect(await writesCausedBy('mapping.changed', 'PM Customer #2')).toEqual([[]]);
    });

    it('and is linked to the options that were in effect', async () => {
      await set.setOptions({ dailyDigestTime: '06:00' });
      await ticketOn('THIRD');
      await set.setOptions({ dailyDigestTime: '06:30' });
      await ticketOn('FOURTH');
      expect(await writesCausedBy('integration.options_changed')).toEqual([
        ['FOURTH'],
        ['THIRD'],
        ['FOURTH', 'THIRD', 'SECOND', 'FIRST'],
      ]);
    });

    it('and is linked to the level that a quantity was planned with', async () => {
      await set.measure(2, '12.5', '2026-08-20T12:00:00Z');
      await set.run('USAGE', { date: '2026-08-23' });
      await set.setLevel(2, 'PM Customer #2', 'Gold');
      const [later, before] = await writesCausedBy('mapping.changed', 'PM Customer #2');
      expect(later).toEqual([]);
      expect(before).toHaveLength(1);
    });
  });
});

describe('an entry of the audit log', () => {
  it.each([
    ['changed', `update audit_entry set actor_name = 'nobody'`],
    ['deleted', 'delete from audit_entry'],
    ['truncated', 'truncate audit_entry'],
  ])('cannot be %s, not even by the owner of the database', async (_what, sql) => {
    await expect(query(bridge.database.orm.em.fork(), sql)).rejects.toThrow(/append-only/);
  });

  it('cannot be forged by a partner’s requests', async () => {
    const rights = await query<{ right: string }>(
      bridge.database.orm.em.fork(),
      `select r.right from unnest(array['insert', 'update', 'delete', 'truncate']) as r("right")
       where has_table_privilege('psa_bridge_partner', 'audit_entry', r.right)
       union all
       select proname from pg_proc where proname in ('audit_add', 'audit_sign_in') and has_function_privilege('psa_bridge_partner', oid, 'execute')`,
    );
    expect(rights).toEqual([]);
  });
});
