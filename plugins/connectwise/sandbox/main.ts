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

The page ${sandbox.url}/ shows the tickets and additions that arrive. Allow the service to connect:
  PSA_ALLOWED_HOSTS=${sandbox.host}
Make requests fail: curl -X POST ${sandbox.url}/sandbox/faults -d '{"match":{"method":"POST"},"fault":{"kind":"reset","when":"after"}}'
`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, async () => {
    await sandbox.close();
    process.exit(0);
  });
}
