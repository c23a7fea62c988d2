import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSite } from '../../../plugins/connectwise/site.js';
import { TestConnectionDocument } from '../../../src/gql/typed.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let api: TestApi;
let partner: { id: string; token: string };
let open: Server;
let connections = 0;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database);
  const { id } = await reportPartner(api, 'curious');
  partner = { id, token: (await api.createToken('PARTNER', id)).token };
  open = createServer(() => {
    connections += 1;
  });
  await new Promise<void>(done => open.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  open.close();
  await api.stop();
  await database.drop();
});

/** The form's answer for a site, with the site's name removed. */
async function answerFor(site: string): Promise<string> {
  const credentials = Object.entries({ site, companyId: 'c', username: 'u', password: 'p' });
  const { testConnection } = await api.ask(
    TestConnectionDocument,
    {
      input: {
        partnerId: partner.id,
        psa: 'connectwise',
        credentials: credentials.map(([key, value]) => ({ key, value })),
      },
    },
    partner.token,
  );
  expect(testConnection.report?.ok ?? false).toBe(false);
  const name = new URL(site.includes('://') ? site : `https://${site}`).hostname;
  return JSON.stringify({
    checks: testConnection.report?.checks,
    errors: testConnection.userErrors,
  }).replaceAll(name, 'SITE');
}

describe('the connect form reveals nothing about the vendor’s network', () => {
  it('an open port gives the same answer as a closed one', async () => {
    const { port } = open.address() as { port: number };
    for (const scheme of ['https', 'http']) {
      const [toOpen, toClosed] = [
        await answerFor(`${scheme}://127.0.0.1:${port}`),
        await answerFor(`${scheme}://127.0.0.1:1`),
      ];
      expect(toOpen.replaceAll(`:${port}`, '')).toBe(toClosed.replaceAll(':1"', '"').replaceAll(':1 ', ' '));
    }
    expect(connections).toBe(0);
  });

  it('existing hosts, missing hosts, and their names give the same answer', async () => {
    const answers = new Set<string>();
    for (const site of [
      'https://localhost',
      'https://127.0.0.1',
      'https://10.255.255.254',
      'https://169.254.169.254',
      'https://nothing.invalid',
      'https://[::1]',
      'https://2130706433.',
    ])
      answers.add(await answerFor(site));
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toContain('SITE cannot be found on the internet');
  });
});

describe('an invalid site', () => {
  it.each([
    'na.myconnectwise.net@127.0.0.1',
    'https://user:password@psa.example',
    'file:///etc/passwd',
    'gopher://psa.example',
    'javascript:alert(1)',
    'intranet',
    'https://[fd00::1]',
    'psa.example:99999',
    'https://psa.example\u0000.net',
    '',
  ])('%j', typed => {
    expect(readSite(typed)).toBeUndefined();
  });

  it('but every notation of an address is parsed as that address, and then rejected', () => {
    for (const typed of ['0x7f.1', '2130706433.', '0177.0.0.1', '127.1', '１２７．０．０．１', '127.0.0.1.'])
      expect(readSite(`https://${typed}`)?.origin).toBe('https://127.0.0.1');
  });
});
