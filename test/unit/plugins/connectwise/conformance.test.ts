import { describePsaConformance } from 'psa-bridge/conformance';
import { plugin } from '../../../../plugins/connectwise/plugin.js';
import { faults } from '../../../../plugins/connectwise/sandbox/faults.js';
import { SANDBOX_LOGIN, SANDBOX_SOLUTION } from '../../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../../plugins/connectwise/sandbox/server.js';
import { psaEnvironment } from '../../../support/on-sandbox.js';

describePsaConformance(plugin, async () => {
  const sandbox = await startSandbox();
  const environment = psaEnvironment([sandbox.host, '127.0.0.1:1']);
  const credentials = { site: sandbox.host, companyId: SANDBOX_LOGIN.companyId, ...SANDBOX_LOGIN.keys };
  const { store } = sandbox;
  const companyId = String(store.companies.lookup('name', ['PM Customer #1'])![0]!.id);
  const write = { method: /^(POST|PATCH)$/ };
  return {
    environment,
    credentials,
    credentialsTypedDifferently: { ...credentials, site: ` http://${sandbox.host}/v4_6_release/ ` },
    wrongCredentials: { ...credentials, password: 'a-wrong-private-key' },
    unreachableCredentials: { ...credentials, site: '127.0.0.1:1' },
    companyId,
    awkwardCompanyName: 'Müller "Technik" GmbH',
    tickets: {
      withReference(reference) {
        const tickets = store.ticketsByReference(reference);
        return { count: tickets.length, text: tickets.flatMap(({ id }) => store.textsOf(id)).join('\n') };
      },
    },
    billing: {
      companyId,
      usageType: 'Backup Usage',
      level: 'Default',
      onDate: '2026-11-23',
      quantity: () =>
        store.additionsOfCompany('PM Customer #1').find(row => row.product.identifier === SANDBOX_SOLUTION)!
          .quantity,
    },
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
    async close() {
      await environment.close();
      await sandbox.close();
    },
  };
});
