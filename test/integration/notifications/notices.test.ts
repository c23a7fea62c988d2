import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { faults } from '../../../plugins/connectwise/sandbox/faults.js';
import { SANDBOX_LOGIN } from '../../../plugins/connectwise/sandbox/seed.js';
import { query } from '../../../src/db/sql.js';
import type { NoticePayload } from '../../../src/domain/notices/notice-payload.js';
import { ConnectIntegrationDocument, ResumeIntegrationDocument } from '../../../src/gql/typed.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { type MailServer, mailLogin, startMailServer } from '../../support/mail-server.js';
import { startTestService, type TestService } from '../../support/service.js';
import { startJob } from '../../support/start-job.js';
import { startWebhookReceiver, verified, type WebhookReceiver } from '../../support/webhook-receiver.js';

const minute = 60_000;
const newSecret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const oldSecret = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
const operators = 'operator@vendor.example';
const partnersOwn = 'service@partner.example';

let clock = new Date('2026-11-23T15:00:00Z');
let receiver: WebhookReceiver;
let mails: MailServer;
let bridge: TestService;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  mails = await startMailServer();
  bridge = await startTestService({
    now: () => clock,
    environment: {
      WEBHOOK_URLS: `${receiver.url}/notices?from=bridge`,
      WEBHOOK_SECRET: `${newSecret},${oldSecret}`,
      WEBHOOK_ALLOWED_HOSTS: receiver.host,
      SMTP_URL: mails.url,
      EMAIL_FROM: 'PSA Bridge <bridge@vendor.example>',
      OPERATOR_EMAILS: operators,
    },
  });
});
afterEach(() => bridge.sandbox.faults.clear());
afterAll(async () => {
  await bridge.stop();
  receiver.close();
  mails.close();
});

function sql<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
  return query<Row>(bridge.database.orm.em.fork(), text, values);
}

/** Advances the clock by this much, and runs the minutely tick. */
async function pass(ms: number) {
  clock = new Date(clock.getTime() + ms);
  await startJob(bridge.database.orm.em.fork(), 'tick');
}

const until = <T>(condition: () => T | Promise<T>) =>
  vi.waitFor(condition, { timeout: 10_000, interval: 30 });

function refuseLogins() {
  bridge.sandbox.faults.inject({}, faults.unauthorized(), { times: Number.POSITIVE_INFINITY });
}

function webhooksOf({ integrationId }: ConnectedPartner) {
  return receiver.received.filter(({ body }) => body.includes(integrationId));
}

function noticesOf(partner: ConnectedPartner): NoticePayload[] {
  return webhooksOf(partner).map(({ body }) => JSON.parse(body));
}

function mailsOf({ externalId }: ConnectedPartner) {
  return mails.received.filter(({ body }) => body.includes(`Partner: ${externalId}\n`));
}

async function statusOf({ integrationId }: ConnectedPartner) {
  const [row] = await sql<{ status: string; probes: number }>(
    'select status, probes from integration where id = $1',
    [integrationId],
  );
  return row!;
}

/** Every notice of the integration and every delivery of it. */
function kept({ integrationId }: ConnectedPartner) {
  return sql<{ type: string; channel: string; state: string; attempts: number; error: string | null }>(
    `select n.type, d.channel, d.state, d.attempts, d.last_error as error
     from notice n left join notice_delivery d on d.notice_id = n.id
     where n.integration_id = $1 order by n.id, d.channel desc, d.target`,
    [integrationId],
  );
}

/** A partner whose PSA refuses the login from now on, with the notice of it sent. The receiver answers with these statuses. */
async function brokenPartner(...statuses: number[]): Promise<ConnectedPartner> {
  const partner = await connectPartner(bridge, { options: { notificationEmail: partnersOwn } });
  receiver.answer(partner.integrationId, ...statuses);
  refuseLogins();
  await partner.reportJob(1);
  await until(() => expect(noticesOf(partner)).toHaveLength(1));
  await until(() => expect(mailsOf(partner)).toHaveLength(2));
  return partner;
}

describe('an integration that breaks', () => {
  let partner: ConnectedPartner;
  let brokeAt: string;

  it('is reported to the operator’s endpoint, signed', async () => {
    brokeAt = clock.toISOString();
    partner = await brokenPartner();
    const [webhook] = webhooksOf(partner);
    expect(webhook).toMatchObject({
      path: '/notices?from=bridge',
      headers: { 'content-type': 'application/json', 'webhook-id': expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    expect(verified(webhook!, newSecret, clock)).toEqual({
      type: 'integration.needs_attention',
      timestamp: brokeAt,
      data: {
        integrationId: partner.integrationId,
        partner: { id: partner.partnerId, externalId: partner.externalId, name: partner.externalId },
        psa: 'connectwise',
        status: 'NEEDS_ATTENTION',
        reason: expect.stringContaining('login'),
        since: brokeAt,
      },
    });
  });

  it('is reported by e-mail to the operator and to the partner, one mail each', () => {
    const [one, other] = mailsOf(partner);
    expect([one!.to, other!.to].sort()).toEqual([[operators], [partnersOwn]]);
    expect(one!.headers).toContain('From: PSA Bridge <bridge@vendor.example>');
    expect(one!.headers).toContain(`Subject: ConnectWise PSA of ${partner.externalId} needs attention`);
    expect(one!.headers).toContain('Auto-Submitted: auto-generated');
    const { headers } = webhooksOf(partner)[0]!;
    expect(one!.headers).toContain(`Message-ID: <${headers['webhook-id']}@vendor.example>`);
    expect(one!.body).toContain('since 2026-11-23 09:00 (America/Chicago)');
    expect(one!.body).toContain('PSA: ConnectWise PSA');
    expect(one!.body).toMatch(/What to do: .*login/);
  });

  it('is not reported again while it stays broken', async () => {
    refuseLogins();
    await pass(minute);
    await until(async () => expect(await statusOf(partner)).toMatchObject({ probes: 1 }));
    await pass(2 * minute);
    await until(async () => expect(await statusOf(partner)).toMatchObject({ probes: 2 }));
    expect(await kept(partner)).toHaveLength(3);
  });

  it('is reported once more when it works again and keeps working', async () => {
    bridge.sandbox.faults.clear();
    await pass(4 * minute);
    await until(async () => expect(await statusOf(partner)).toMatchObject({ status: 'CONNECTED' }));
    await partner.settled();
    const recoveredAt = clock.toISOString();
    await pass(2 * minute);
    await until(() => expect(noticesOf(partner)).toHaveLength(2));
    expect(verified(webhooksOf(partner)[1]!, newSecret, clock)).toMatchObject({
      type: 'integration.recovered',
      timestamp: recoveredAt,
      data: { status: 'CONNECTED', reason: null, since: brokeAt },
    });
    await until(() => expect(mailsOf(partner)).toHaveLength(4));
    const last = mailsOf(partner).at(-1)!;
    expect(last.headers).toContain('works again');
    expect(last.body).toContain('needed attention since 2026-11-23 09:00 (America/Chicago)');
    await until(async () =>
      expect((await kept(partner)).map(({ type, state }) => [type, state])).toEqual([
        ...Array(3).fill(['integration.needs_attention', 'DELIVERED']),
        ...Array(3).fill(['integration.recovered', 'DELIVERED']),
      ]),
    );
  });

  it('reports no secret', () => {
    const everything = JSON.stringify([receiver.received, mails.received]);
    expect(receiver.received.length).toBeGreaterThan(0);
    for (const secret of [
      SANDBOX_LOGIN.keys.password,
      SANDBOX_LOGIN.keys.username,
      mailLogin.password,
      newSecret.slice(6),
      oldSecret.slice(6),
    ]) {
      expect(everything).not.toContain(secret);
    }
  });
});

describe('an integration that works for a moment only', () => {
  it('is reported neither as recovered nor as broken again', async () => {
    const partner = await brokenPartner();
    bridge.sandbox.faults.clear();
    const { sandbox } = bridge;
    sandbox.faults.inject({ method: 'POST', path: /^\/service\/tickets$/ }, faults.unauthorized(), {
      times: Number.POSITIVE_INFINITY,
    });
    await pass(minute); // the probe passes, the delivery behind it fails
    await until(async () => {
      const [row] = await sql<{ probedAt: string }>(
        `select last_check ->> 'checkedAt' as "probedAt" from integration where id = $1`,
        [partner.integrationId],
      );
      expect(row!.probedAt).toBe(clock.toISOString());
      expect((await statusOf(partner)).status).toBe('NEEDS_ATTENTION');
    });
    expect(await kept(partner)).toHaveLength(3);
  });
});

describe('an integration that a person fixes', () => {
  it.each([
    [
      'by resuming it',
      (partner: ConnectedPartner) =>
        bridge.client.ask(ResumeIntegrationDocument, { id: partner.integrationId }),
    ],
    [
      'by entering the credentials again',
      (partner: ConnectedPartner) =>
        bridge.client.ask(ConnectIntegrationDocument, {
          input: { partnerId: partner.partnerId, psa: 'connectwise', credentials: bridge.credentials },
        }),
    ],
  ])('is reported as recovered: %s', async (_how, fix) => {
    const partner = await brokenPartner();
    bridge.sandbox.faults.clear();
    await fix(partner);
    await partner.settled();
    await pass(2 * minute);
    await until(() =>
      expect(noticesOf(partner).map(({ type }) => type)).toEqual([
        'integration.needs_attention',
        'integration.recovered',
      ]),
    );
  });
});

describe('a run', () => {
  it('of the schedule that fails is reported once', async () => {
    const partner = await connectPartner(bridge, {
      options: { dailyDigestEnabled: true, dailyDigestTime: '00:00' },
    });
    await partner.reportJob(1);
    await partner.settled();
    bridge.sandbox.faults.inject(
      { method: 'POST', body: /digest/i },
      faults.invalid('ticket', 'summary', 'No digests, please.'),
    );
    await sql('update integration set next_digest_at = $2 where id = $1', [partner.integrationId, clock]);
    await pass(0);
    await until(() => expect(noticesOf(partner)).toHaveLength(1));
    expect(noticesOf(partner)[0]).toMatchObject({
      type: 'run.failed',
      data: {
        status: 'CONNECTED',
        run: { pipeline: 'DIGEST', date: '2026-11-22', state: 'PARTIAL', failed: 1, total: 2 },
      },
    });
    await until(() => expect(mailsOf(partner).map(({ to }) => to)).toEqual([[operators]]));
    expect(mailsOf(partner)[0]!.headers).toContain('the digest of 2026-11-22 has failed deliveries');
    expect(mailsOf(partner)[0]!.body).toContain('1 of 2 deliveries failed');
  });

  it('that a person started is not reported: that person sees its outcome', async () => {
    const partner = await connectPartner(bridge, {
      options: { dailyDigestEnabled: true, dailyDigestTime: '00:00' },
    });
    await partner.reportJob(1);
    await partner.settled();
    bridge.sandbox.faults.inject(
      { method: 'POST', body: /digest/i },
      faults.invalid('ticket', 'summary', 'No digests, please.'),
    );
    expect(await partner.run('DIGEST')).toMatchObject({ failed: 1 });
    expect(await kept(partner)).toEqual([]);
  });

  it('of usage that holds quantities is reported once, however many they are', async () => {
    const partner = await connectPartner(bridge);
    await partner.measure(1, '0', '2026-11-20T12:00:00Z');
    await partner.measure(2, '0', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    await until(() => expect(noticesOf(partner)).toHaveLength(1));
    expect(noticesOf(partner)[0]).toMatchObject({
      type: 'delivery.held',
      data: { run: { pipeline: 'USAGE', date: '2026-11-23', held: 2, total: 2 } },
    });
    await until(() =>
      expect(mailsOf(partner)[0]?.headers).toContain('the usage run of 2026-11-23 waits for approval'),
    );
    expect((await kept(partner)).map(({ type }) => type)).toEqual(['delivery.held', 'delivery.held']);
  });
});

describe('a webhook', () => {
  it('is signed with the newest secret and the one before, so that a receiver can change at any time', async () => {
    const partner = await brokenPartner();
    const [webhook] = webhooksOf(partner);
    expect(webhook!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    expect(verified(webhook!, newSecret, clock)).toEqual(verified(webhook!, oldSecret, clock));
    const stranger = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    expect(() => verified(webhook!, stranger, clock)).toThrow('No matching signature');
  });

  it('that is answered by 500 is sent again after the pause, with the same id and a new time', async () => {
    const partner = await brokenPartner(500, 302);
    await until(async () =>
      expect((await kept(partner))[0]).toMatchObject({
        channel: 'webhook',
        state: 'PENDING',
        attempts: 1,
        error: 'The receiver answered 500.',
      }),
    );
    await pass(5_000);
    await until(async () =>
      expect((await kept(partner))[0]).toMatchObject({ attempts: 2, error: 'The receiver answered 302.' }),
    );
    await pass(5 * minute);
    await until(async () =>
      expect((await kept(partner))[0]).toMatchObject({ state: 'DELIVERED', attempts: 3 }),
    );
    const attempts = webhooksOf(partner);
    expect(new Set(attempts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
    const times = attempts.map(({ headers }) => Number(headers['webhook-timestamp']));
    expect(times.map(time => time - times[0]!)).toEqual([0, 5, 305]);
    expect(verified(attempts[2]!, newSecret, clock)).toMatchObject({ type: 'integration.needs_attention' });
    expect(mailsOf(partner)).toHaveLength(2);
  });

  it('is given up after the last attempt of the schedule', async () => {
    const partner = await brokenPartner(500, 500);
    await until(async () =>
      expect((await kept(partner))[0]).toMatchObject({ attempts: 1, state: 'PENDING' }),
    );
    await sql(
      `update notice_delivery d set attempts = 9 from notice n where n.id = d.notice_id and n.integration_id = $1 and channel = 'webhook'`,
      [partner.integrationId],
    );
    await pass(5_000);
    await until(async () =>
      expect((await kept(partner))[0]).toMatchObject({ attempts: 10, state: 'FAILED' }),
    );
  });

  it('whose worker was killed before it recorded the answer is sent again with the same id', async () => {
    const partner = await brokenPartner();
    await until(async () => expect((await kept(partner))[0]).toMatchObject({ state: 'DELIVERED' }));
    // The state that a killed process leaves: claimed for two minutes, sent, no outcome recorded.
    await sql(
      `update notice_delivery d set state = 'PENDING', delivered_at = null, next_attempt_at = $2
       from notice n where n.id = d.notice_id and n.integration_id = $1 and channel = 'webhook'`,
      [partner.integrationId, new Date(clock.getTime() + 2 * minute)],
    );
    await pass(2 * minute);
    await until(() => expect(webhooksOf(partner)).toHaveLength(2));
    const [first, second] = webhooksOf(partner);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  });
});

describe('an endpoint that the settings no longer name', () => {
  it('gets none of its pending notices', async () => {
    const partner = await brokenPartner();
    await sql(
      `insert into notice_delivery (notice_id, channel, target, next_attempt_at)
       select id, 'webhook', $2, $3 from notice where integration_id = $1`,
      [partner.integrationId, `${receiver.url}/former`, clock],
    );
    await pass(0);
    await until(async () =>
      expect(await kept(partner)).toContainEqual(
        expect.objectContaining({
          state: 'FAILED',
          error: expect.stringContaining('no longer name this receiver'),
        }),
      ),
    );
    expect(webhooksOf(partner).map(({ path }) => path)).toEqual(['/notices?from=bridge']);
  });
});

describe('a receiver that cannot be reached', () => {
  let other: TestService;
  let gone: WebhookReceiver;
  let partner: ConnectedPartner;
  beforeAll(async () => {
    gone = await startWebhookReceiver();
    other = await startTestService({
      now: () => clock,
      environment: {
        WEBHOOK_URLS: `${gone.url}/,https://127.0.0.1:1/private`,
        WEBHOOK_SECRET: newSecret,
        WEBHOOK_ALLOWED_HOSTS: gone.host,
        SMTP_URL: mails.url.replace(mailLogin.password, 'wrong-password'),
        EMAIL_FROM: 'bridge@vendor.example',
      },
    });
    partner = await connectPartner(other, { options: { notificationEmail: partnersOwn } });
  });
  afterAll(async () => {
    await other.stop();
    gone.close();
  });

  function keptNotices() {
    return query<{ channel: string; target: string; state: string; attempts: number; error: string }>(
      other.database.orm.em.fork(),
      `select channel, target, state, attempts, last_error as error from notice_delivery order by notice_id, target`,
    );
  }

  it('a private address, an endpoint that is gone, a mail server with another password: each notice has the reason', async () => {
    gone.answer(partner.integrationId, 410);
    await partner.measure(1, '0', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    await until(async () =>
      expect(await keptNotices()).toEqual([
        {
          channel: 'webhook',
          target: `${gone.url}/`,
          state: 'GONE',
          attempts: 1,
          error: expect.stringContaining('410 Gone'),
        },
        {
          channel: 'webhook',
          target: 'https://127.0.0.1:1/private',
          state: 'PENDING',
          attempts: 1,
          error: '127.0.0.1 cannot be found on the internet, and this service connects to nothing else.',
        },
        {
          channel: 'email',
          target: partnersOwn,
          state: 'PENDING',
          attempts: 1,
          error: expect.stringMatching(/^The mail server: Invalid login/),
        },
      ]),
    );
    expect(JSON.stringify(await keptNotices())).not.toContain('wrong-password');
  });

  it('an endpoint that is gone gets nothing more', async () => {
    const second = await connectPartner(other);
    await second.measure(1, '0', '2026-11-20T12:00:00Z');
    await second.run('USAGE');
    await until(async () =>
      expect((await keptNotices()).slice(3)).toMatchObject([
        { target: 'https://127.0.0.1:1/private', attempts: 1 },
      ]),
    );
    expect(gone.received).toHaveLength(1);
  });

  it('a mailbox that does not exist is not tried again', async () => {
    const third = await connectPartner(bridge, { options: { notificationEmail: 'nobody@partner.example' } });
    await third.measure(1, '0', '2026-11-20T12:00:00Z');
    await third.run('USAGE');
    await until(async () =>
      expect(await kept(third)).toMatchObject([
        { channel: 'webhook', state: 'DELIVERED' },
        { channel: 'email', state: 'FAILED', attempts: 1, error: expect.stringContaining('No such mailbox') },
        { channel: 'email', state: 'DELIVERED' },
      ]),
    );
  });
});
