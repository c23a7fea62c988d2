import type { Logger } from 'pino';
import { SANDBOX_LOGIN } from '../../plugins/connectwise/sandbox/seed.js';
import type { Sandbox } from '../../plugins/connectwise/sandbox/server.js';
import { startSandbox } from '../../plugins/connectwise/sandbox/server.js';
import { readConfig } from '../../src/config.js';
import { type Service, startService } from '../../src/service.js';
import { openLog } from '../../src/watch/log.js';
import { freshDatabase, type TestDatabase } from './database.js';
import { type GraphQLClient, graphqlClient } from './graphql-client.js';
import { testKey } from './keys.js';

export const operatorToken = 'psab_the-operator-of-the-tests';

export interface TestService {
  client: GraphQLClient;
  sandbox: Sandbox;
  database: TestDatabase;
  service: Service;
  /** The sandbox's login, as the form takes it. */
  credentials: { key: string; value: string }[];
  /** Starts it again on the same database, after `service.stop()`, answering on this port. */
  restart(port: string): Promise<void>;
  stop(): Promise<void>;
}

/** The whole service, API and worker, as main.ts starts it, on its own database and with its own sandbox. */
export async function startTestService({
  now,
  environment = {},
  logger = openLog(process.env.TEST_LOG_LEVEL ?? 'silent'),
}: {
  now?: () => Date;
  logger?: Logger;
  environment?: Record<string, string>;
} = {}): Promise<TestService> {
  const database = await freshDatabase();
  const sandbox = await startSandbox({ now });
  const start = (port: string) =>
    startService(
      readConfig({
        PORT: port,
        DATABASE_URL: database.url,
        ENCRYPTION_KEYS: testKey,
        OPERATOR_TOKEN: operatorToken,
        PSA_ALLOWED_HOSTS: sandbox.host,
        CONNECTWISE_CLIENT_ID: '00000000-0000-4000-8000-000000000001',
        ...environment,
      }),
      { logger, now },
    );
  const service = await start('0');
  const bridge: TestService = {
    client: graphqlClient(service.url!, operatorToken),
    sandbox,
    database,
    service,
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

export function connectWiseCredentials(sandbox: Sandbox, password: string = SANDBOX_LOGIN.keys.password) {
  return Object.entries({
    site: sandbox.host,
    companyId: SANDBOX_LOGIN.companyId,
    username: SANDBOX_LOGIN.keys.username,
    password,
  }).map(([key, value]) => ({ key, value }));
}
