import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SANDBOX_LOGIN } from '../../../plugins/connectwise/sandbox/seed.js';
import { psaBridge } from '../../support/command.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { operatorToken, startTestService, type TestService } from '../../support/service.js';

let bridge: TestService;
let partner: ConnectedPartner;
beforeAll(async () => {
  bridge = await startTestService({ now: () => new Date('2026-11-22T12:00:00Z') });
  partner = await connectPartner(bridge);
});
afterAll(() => bridge.stop());

const run = (args: string[], environment: Record<string, string> = {}) =>
  psaBridge(args, {
    environment: { PSA_BRIDGE_URL: bridge.service.url!, PSA_BRIDGE_TOKEN: operatorToken, ...environment },
  });

describe('psa-bridge', () => {
  test('lists its commands', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const name of ['token', 'integrations', 'check', 'run', 'failed', 'retry', 'report'])
      expect(stdout).toContain(name);
  });

  test('lists the integrations', async () => {
    const { stdout } = await run(['integrations']);
    expect(stdout.trim().split('\t')).toEqual([
      partner.integrationId,
      'CONNECTED',
      `${partner.externalId} (${partner.externalId})`,
      'ConnectWise PSA',
    ]);
  });

  test('creates a working token, alone on standard output, and revokes it', async () => {
    const made = await run([
      'token',
      'create',
      '--name',
      'portal',
      '--role',
      'PARTNER',
      '--partner',
      partner.partnerId,
    ]);
    const token = made.stdout.trim();
    expect(token).toMatch(/^psab_\S+$/);
    expect((await run(['integrations'], { PSA_BRIDGE_TOKEN: token })).stdout).toContain(
      partner.integrationId,
    );
    const [, id] = /^Token (\S+):/.exec(made.stderr)!;
    expect((await run(['token', 'revoke', id!])).stdout).toContain(`revoked ${id}`);
    const refused = await run(['integrations'], { PSA_BRIDGE_TOKEN: token });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('UNAUTHENTICATED');
  });

  test('checks an integration, and fails with what to do when a right is missing', async () => {
    const { stdout, code } = await run(['check', partner.integrationId]);
    expect(code).toBe(0);
    expect(stdout).toContain('PASSED\tConnectWise accepts the login');
    bridge.sandbox.store.revokeRight(SANDBOX_LOGIN.keys.username, 'companies');
    const failed = await run(['check', partner.integrationId]);
    bridge.sandbox.store.grantRight(SANDBOX_LOGIN.keys.username, 'companies');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/FAILED\tRead companies.*\n\t→ Security role: Companies/);
  });

  test('starts a dry run and shows what it would do', async () => {
    await partner.measure(1, '31', '2026-11-20T00:00:00Z');
    const { stdout, code } = await run([
      'run',
      partner.integrationId,
      'usage',
      '--dry-run',
      '--date',
      '2026-11-23',
    ]);
    expect(stdout).toContain('PM Customer #1');
    expect(stdout).toContain('[24 → 31]');
    expect(code).toBe(0);
    expect(bridge.sandbox.store.additionChanges).toEqual([]);
  });

  test('lists what the PSA rejected, and retries it', async () => {
    bridge.sandbox.faults.inject(
      { method: 'POST', path: /tickets$/ },
      { kind: 'status', status: 400, body: '{"code":"InvalidObject","message":"no","errors":null}' },
    );
    await partner.reportJob(1);
    await partner.settled();
    const failed = await run(['failed', partner.integrationId]);
    expect(failed.stdout).toMatch(/\tEVENT\t.*\tThe PSA rejects this\. ConnectWise: no/);
    expect((await run(['retry', partner.integrationId])).stdout).toContain('1 to be retried');
    await partner.settled();
    expect((await run(['failed', partner.integrationId])).stdout).toBe('');
  });

  test.each([
    ['no token', ['integrations'], { PSA_BRIDGE_TOKEN: '' }, 'set PSA_BRIDGE_TOKEN'],
    ['a wrong token', ['integrations'], { PSA_BRIDGE_TOKEN: 'psab_wrong' }, 'UNAUTHENTICATED'],
    ['no API there', ['integrations'], { PSA_BRIDGE_URL: 'http://127.0.0.1:1' }, 'Is the service running?'],
    ['an unknown integration', ['failed', '01890000-0000-7000-8000-000000000000'], {}, 'no integration'],
    ['an unknown pipeline', ['run', 'x', 'everything'], {}, 'not one of: digest, events, usage'],
    ['an invalid role', ['token', 'create', '--name', 'x', '--role', 'KING'], {}, 'Allowed choices'],
  ] as const)('with %s says what to do and fails', async (_what, args, environment, words) => {
    const { code, stderr, stdout } = await run([...args], { ...environment });
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
  });
});
