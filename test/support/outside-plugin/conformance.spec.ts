import { conformanceEnvironment, describePsaConformance } from 'psa-bridge/conformance';
import { plugin } from './plugin.js';
import { ToyPsa } from './toy-psa.js';

describePsaConformance(plugin, async () => {
  const toy = new ToyPsa();
  ToyPsa.sites.set('toy.example', toy);
  const environment = conformanceEnvironment({ allowedHosts: [] });
  const credentials = { site: 'toy.example', password: toy.password };
  return {
    environment,
    credentials,
    credentialsTypedDifferently: { ...credentials, site: ' Toy.Example ' },
    wrongCredentials: { ...credentials, password: 'another-password' },
    unreachableCredentials: { ...credentials, site: 'nowhere.example' },
    companyId: 'c1',
    awkwardCompanyName: 'Müller "Technik" [GmbH]',
    tickets: {
      withReference(reference) {
        const found = toy.tickets.filter(({ key }) => key === reference);
        return { count: found.length, text: found[0]?.text ?? '' };
      },
    },
    billing: {
      companyId: 'c1',
      usageType: 'Backup Usage',
      level: 'Default',
      onDate: '2026-11-23',
      quantity: () => Number(toy.counters.get('c1')),
    },
    breakNextWrite(fault) {
      toy.fault = (
        {
          'reset-before': 'lost-before',
          'reset-after': 'lost-after',
          busy: 'busy',
          'proxy-error': 'gateway',
        } as const
      )[fault];
    },
    close: () => environment.close(),
  };
});
