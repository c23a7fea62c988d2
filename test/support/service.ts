import type { Logger } from 'pino';
import type { Sandbox } from '../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_LOGIN } from '../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../plugins/connectwise/sandbox/server.js';
import { readConfig } from '../../src/config/config.js';
import { openLog } from '../../src/observability/log.js';
import { type Service, startService } from '../../src/service.js';
import { freshDatabase, type TestDatabase } from './database.js';
import { type GraphQLClient, graphqlClient } from './graphql-client.js';
import { testKey } from './keys.js';

export const operatorToken = 'psab_the-operator-of-the-tests';

export interface TestService {
  client: GraphQLClient;
  sandbox: Sandbox;
  database: TestDatabase;
  service: Service;
  /** What was logged at level warn and above, as lines of JSON. */
  log: string[];
  /** The sandbox's credentials, as the form sends them. */
  credentials: { key: string; value: string }[];
  /** Starts it again on the same database, after `service.stop()`, answering on this port. */
  restart(port: string): Promise<void>;
  stop(): Promise<void>;
}

/** The whole service, API and worker, as main.ts starts it, on its own database and with its own sandbox. */
export async function startTestService({
  now,
  tls,
  allowedHosts = [],
  environment = {},
  logger,
}: {
  now?: () => Date;
  /** Where it logs. Absent: warnings and worse are in `log` of the result. */
  logger?: Logger;
  /** Serve the sandbox as https://localhost with this certificate. */
  tls?: { key: string; cert: string };
  /** Other sandboxes that it may talk to. */
  allowedHosts?: string[];
  environment?: Record<string, string>;
} = {}): Promise<TestService> {
  const database = await freshDatabase();
  const sandbox = await startSandbox({ now, tls });
  const log: string[] = [];
  const used = logger ?? openLog('warn', { write: line => void log.push(line) });
  const start = (port: string) =>
    startService(
      readConfig({
        PORT: port,
        DATABASE_URL: database.url,
        ENCRYPTION_KEYS: testKey,
        OPERATOR_TOKEN: operatorToken,
        PSA_ALLOWED_HOSTS: [siteOf(sandbox), ...allowedHosts].join(','),
        PSA_REQUESTS_PER_MINUTE: '0',
        CONNECTWISE_CLIENT_ID: '00000000-0000-4000-8000-000000000001',
        ...environment,
      }),
      { logger: used, now },
    );
  const service = await start('0');
  const bridge: TestService = {
    client: graphqlClient(service.url!, operatorToken),
    sandbox,
    database,
    service,
    log,
    credentials: connectWiseCredentials(sandbox),
    async restart(port) {
      bridge.service = await start(port);
    },
    async stop() {
      await bridge.service.stop();
      await sandbox.close();
      await database.drop();
    },
  };
  return bridge;
}

/** The certificate is for a name, not an address. */
function siteOf({ host, options }: Sandbox): string {
  return options.tls ? host.replace('127.0.0.1', 'localhost') : host;
}

export function connectWiseCredentials(sandbox: Sandbox, password: string = SANDBOX_LOGIN.keys.password) {
  return Object.entries({
    site: sandbox.options.tls ? `https://${siteOf(sandbox)}` : siteOf(sandbox),
    companyId: SANDBOX_LOGIN.companyId,
    username: SANDBOX_LOGIN.keys.username,
    password,
  }).map(([key, value]) => ({ key, value }));
}
