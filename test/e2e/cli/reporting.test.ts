import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { command, psaBridge } from '../../support/command.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { operatorToken, startTestService, type TestService } from '../../support/service.js';

let bridge: TestService;
let partner: ConnectedPartner;
let folder: string;
const resticIsHere = await command('restic', ['version']).then(
  () => true,
  () => false,
);
if (!resticIsHere) console.log('skipped: a real restic backup, because restic is not installed');

beforeAll(async () => {
  bridge = await startTestService();
  const priority = bridge.sandbox.store.priorities.all();
  partner = await connectPartner(bridge, {
    options: {
      alertPriorities: {
        successId: String(priority[3]!.id),
        warningId: String(priority[2]!.id),
        errorId: String(priority[0]!.id),
      },
    },
  });
  folder = mkdtempSync(join(tmpdir(), 'psa-bridge-restic-'));
});
afterAll(async () => {
  await bridge.stop();
  rmSync(folder, { recursive: true });
});

const customer = () => `${partner.externalId}-customer-1`;
const report = (args: string[], input: string) =>
  psaBridge(['report', ...args], {
    input,
    environment: { PSA_BRIDGE_URL: bridge.service.url!, PSA_BRIDGE_TOKEN: operatorToken },
  });
const lines = (...rows: unknown[]) =>
  rows.map(row => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');
const job = (externalId: string, more: object = {}) => ({
  externalId,
  organizationExternalId: customer(),
  jobName: 'Nightly',
  device: 'SRV01',
  status: 'ERROR',
  startedAt: '2026-11-22T08:00:00Z',
  endedAt: '2026-11-22T09:00:00Z',
  ...more,
});
const ticketAbout = (words: string) =>
  vi.waitFor(
    () => {
      const { tickets } = bridge.sandbox.store;
      const found = tickets
        .all()
        .filter(({ id }) => bridge.sandbox.store.textsOf(id).join('\n').includes(words));
      expect(found).toHaveLength(1);
      return found[0]!;
    },
    { timeout: 15_000, interval: 50 },
  );

describe('report jobs', () => {
  test('accepts JSON lines in the form of the API, and names invalid ones by their line', async () => {
    const { code, stdout, stderr } = await report(
      ['jobs'],
      lines(
        job('cli-1', { message: 'from the command line' }),
        '',
        'no JSON',
        job('cli-2', { endedAt: 'yesterday' }),
        job('cli-3', { organizationExternalId: 'nobody' }),
        job('cli-1', { message: 'from the command line' }),
      ),
    );
    expect(stdout.trim()).toBe('1 accepted, 1 duplicates, 3 rejected');
    expect(stderr).toMatch(/^line 3: not a JSON object$/m);
    expect(stderr).toMatch(/^line 4: .*endedAt/m);
    expect(stderr).toMatch(/^line 5: .*nobody/m);
    expect(code).toBe(1);
    await ticketAbout('from the command line');
  });

  test('sends thousands in batches', async () => {
    const rows = Array.from({ length: 2_500 }, (_, n) =>
      job(`many-${n}`, { organizationExternalId: 'nobody' }),
    );
    const { stdout, stderr } = await report(['jobs'], lines(...rows));
    expect(stdout.trim()).toBe('0 accepted, 0 duplicates, 2500 rejected');
    expect(stderr).toMatch(/^line 2500: /m);
  });

  test('waits for an API that is being restarted', async () => {
    const { url } = bridge.service;
    await bridge.service.stop();
    const reporting = report(['jobs'], lines(job('patient', { message: 'reported while nothing ran' })));
    await bridge.restart(new URL(url!).port);
    expect(await reporting).toMatchObject({ code: 0, stdout: '1 accepted, 0 duplicates, 0 rejected\n' });
    await ticketAbout('reported while nothing ran');
  });
});

describe('report usage', () => {
  test('accepts JSON lines in the form of the API', async () => {
    const row = {
      organizationExternalId: customer(),
      usageType: 'Backup Usage',
      quantity: '1.5',
      measuredAt: '2026-11-20T00:00:00Z',
    };
    const { stdout, stderr, code } = await report(['usage'], lines(row, row, { ...row, quantity: '-1' }));
    expect(stdout.trim()).toBe('1 accepted, 1 duplicates, 1 rejected');
    expect(stderr).toMatch(/^line 3: .*quantity/m);
    expect(code).toBe(1);
  });
});

describe('report jobs from the output of restic', () => {
  const summary = {
    message_type: 'summary',
    files_new: 3,
    files_changed: 1,
    total_files_processed: 4,
    total_bytes_processed: 4096,
    total_duration: 12.5,
  };
  const args = ['jobs', '--organization', '', '--job', 'Files', '--device'];
  const restic = (device: string, ...messages: unknown[]) => {
    const [jobs, flag, , ...rest] = args;
    return report([jobs!, flag!, customer(), ...rest, device], lines(...messages));
  };

  test.each([
    [
      'a summary is a success',
      'NAS-1',
      [
        { message_type: 'status', percent_done: 1 },
        { ...summary, snapshot_id: 'a1' },
      ],
      'Priority 4',
    ],
    [
      'a summary after errors is a warning',
      'NAS-2',
      [
        { message_type: 'error', error: { message: 'permission denied' }, item: '/secret' },
        { ...summary, snapshot_id: 'a2' },
      ],
      'Priority 3',
    ],
    ['an end without a summary is an error', 'NAS-3', ['Fatal: unable to open repository'], 'Priority 1'],
    [
      'an exit error is an error',
      'NAS-4',
      [{ message_type: 'exit_error', code: 12, message: 'wrong password' }],
      'Priority 1',
    ],
  ])('%s', async (_what, device, messages, priority) => {
    const { stdout } = await restic(device, ...messages);
    expect(stdout.trim()).toBe('1 accepted, 0 duplicates, 0 rejected');
    const ticket = await ticketAbout(device);
    expect(ticket.priority!.name).toContain(priority);
  });

  test('the same snapshot reported twice is one job result', async () => {
    const messages = [
      {
        ...summary,
        snapshot_id: 'b1',
        backup_start: '2026-11-22T08:00:00Z',
        backup_end: '2026-11-22T08:10:00Z',
      },
    ];
    await restic('NAS-5', ...messages);
    expect((await restic('NAS-5', ...messages)).stdout.trim()).toBe('0 accepted, 1 duplicates, 0 rejected');
  });

  test('requires the organization of the backup', async () => {
    const { code, stderr } = await report(['jobs'], lines(summary));
    expect(code).toBe(1);
    expect(stderr).toContain('--organization');
  });

  test.skipIf(!resticIsHere)('a real backup becomes a ticket', async () => {
    writeFileSync(join(folder, 'document.txt'), 'worth keeping');
    const environment = {
      RESTIC_PASSWORD: 'of-the-test',
      RESTIC_REPOSITORY: join(folder, 'repository'),
      HOME: folder,
    };
    expect((await command('restic', ['init'], { environment })).code).toBe(0);
    const backup = await command('restic', ['backup', '--json', join(folder, 'document.txt')], {
      environment,
    });
    expect(backup.code).toBe(0);
    const [jobs, flag, , ...rest] = args;
    const { stdout } = await report([jobs!, flag!, customer(), ...rest, 'REAL-NAS'], backup.stdout);
    expect(stdout.trim()).toBe('1 accepted, 0 duplicates, 0 rejected');
    const ticket = await ticketAbout('REAL-NAS');
    expect(ticket).toMatchObject({
      company: { name: 'PM Customer #1' },
      summary: expect.stringContaining('Files'),
    });
    expect(bridge.sandbox.store.textsOf(ticket.id)[0]).toContain('1 files, 1 new');
  });

  test.skipIf(!resticIsHere)('a real backup that fails becomes a ticket too', async () => {
    const environment = {
      RESTIC_PASSWORD: 'of-the-test',
      RESTIC_REPOSITORY: join(folder, 'no-repository'),
      HOME: folder,
    };
    const backup = await command('restic', ['backup', '--json', folder], { environment });
    expect(backup.code).not.toBe(0);
    const [jobs, flag, , ...rest] = args;
    await report([jobs!, flag!, customer(), ...rest, 'BROKEN-NAS'], backup.stdout + backup.stderr);
    const ticket = await ticketAbout('BROKEN-NAS');
    expect(ticket.priority!.name).toContain('Priority 1');
    expect(bridge.sandbox.store.textsOf(ticket.id)[0]).toMatch(/repository/);
  });
});
