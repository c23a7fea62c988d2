import { plugin } from '../../../../plugins/connectwise/plugin.js';
import { faults } from '../../../../plugins/connectwise/sandbox/faults.js';
import { SANDBOX_LOGIN, SANDBOX_SOLUTION } from '../../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../../plugins/connectwise/sandbox/server.js';
import { describePsaConformance } from '../../../../src/psa/conformance/conformance.js';
import { psaEnvironment } from '../../../support/on-sandbox.js';

describePsaConformance('ConnectWise PSA', async () => {
  const sandbox = await startSandbox();
  const environment = psaEnvironment([sandbox.host, '127.0.0.1:1']);
  const { companyId, keys } = SANDBOX_LOGIN;
  const credentials = { site: sandbox.host, companyId, ...keys };
  const { store } = sandbox;
  const write = { method: /^(POST|PATCH)$/ };
  return {
    plugin,
    environment,
    credentials,
    credentialsTypedDifferently: { ...credentials, site: ` http://${sandbox.host}/v4_6_release/ ` },
    wrongCredentials: { ...credentials, password: 'a-wrong-private-key' },
    billed: {
      companyId: String(store.companies.lookup('name', ['PM Customer #1'])![0]!.id),
      usageType: 'Backup Usage',
      level: 'Default',
      onDate: '2026-11-23',
    },
    awkwardCompanyName: 'Müller "Technik" GmbH',
    ticketsWith(reference) {
      const tickets = store.ticketsByReference(reference);
      return { count: tickets.length, text: tickets.flatMap(({ id }) => store.textsOf(id)).join('\n') };
    },
    billedQuantity: () =>
      store.additionsOfCompany('PM Customer #1').find(row => row.product.identifier === SANDBOX_SOLUTION)!
        .quantity,
    breakNextWrite(fault) {
      sandbox.faults.inject(
        write,
        {
          'reset-before': { kind: 'reset', when: 'before' } as const,
          'reset-after': { kind: 'reset', when: 'after' } as const,
          busy: faults.tooManyRequests(30),
          'proxy-error': faults.unavailable(502),
        }[fault],
      );
    },
    deadSite: '127.0.0.1:1',
    async close() {
      await environment.close();
      await sandbox.close();
    },
  };
});
