import { SANDBOX_SOLUTION } from '../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../plugins/connectwise/sandbox/server.js';

// The sandbox with an agreement for every plain customer, and an addition for the first thousand, as a process of
// its own.
const sandbox = await startSandbox({ port: Number(process.env.PORT) });
const product = sandbox.store.catalog.all().find(item => item.identifier === SANDBOX_SOLUTION)!;
for (const company of sandbox.store.companies.all()) {
  const [, number] = /^Customer (\d+)$/.exec(company.name) ?? [];
  if (!number) continue;
  const agreement = sandbox.store.addAgreement({ company, type: { id: 1 } });
  if (Number(number) <= 1_000) sandbox.store.addAddition({ agreementId: agreement.id, product, quantity: 1 });
}
