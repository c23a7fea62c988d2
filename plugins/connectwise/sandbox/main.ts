import { SANDBOX_LOGIN } from './seed.js';
import { startSandbox } from './server.js';

const sandbox = await startSandbox({
  port: Number(process.env.PORT ?? 4010),
  host: process.env.HOST ?? '127.0.0.1',
});
const { companyId, keys, integrator } = SANDBOX_LOGIN;
console.log(`ConnectWise sandbox: ${sandbox.url}

  Site             ${sandbox.host}
  Company ID       ${companyId}
  Public key       ${keys.username}
  Private key      ${keys.password}
  Integrator login ${integrator.username} / ${integrator.password}

Its page is ${sandbox.url}/ and shows the tickets and additions that arrive. Let the service reach it:
  PSA_ALLOWED_HOSTS=${sandbox.host}
Make it fail: curl -X POST ${sandbox.url}/sandbox/faults -d '{"match":{"method":"POST"},"fault":{"kind":"reset","when":"after"}}'
`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, async () => {
    await sandbox.close();
    process.exit(0);
  });
}
