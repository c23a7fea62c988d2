import { SANDBOX_SOLUTION } from '../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../plugins/connectwise/sandbox/server.js';

// The sandbox with an agreement and an addition for every plain customer, as a process of its own.
const sandbox = await startSandbox({ port: Number(process.env.PORT) });
const product = sandbox.store.catalog.all().find(item => item.identifier === SANDBOX_SOLUTION)!;
for (const company of sandbox.store.companies.all()) {
  if (!/^Customer \d+$/.test(company.name)) continue;
  const agreement = sandbox.store.addAgreement({ company, type: { id: 1 } });
  sandbox.store.addAddition({ agreementId: agreement.id, product, quantity: 1 });
}
