import { type Logger, pino } from 'pino';
import { startApi } from '../../src/api/server.js';
import { ensureOperatorToken } from '../../src/api/sign-in/token-authenticator.js';
import { type Config, readConfig } from '../../src/config/config.js';
import { ChangeFeed } from '../../src/db/changes.js';
import { CreateApiTokenDocument, type Role } from '../../src/gql/typed.js';
import { CredentialVault } from '../../src/integrations/credential-vault.js';
import { PsaConnections } from '../../src/integrations/psa-connections.js';
import { wakeUpInPostgres } from '../../src/jobs/job-store-in-postgres.js';
import { Metrics } from '../../src/observability/metrics.js';
import { checkReadiness } from '../../src/observability/readiness.js';
import { readWorkState } from '../../src/observability/work-state.js';
import { schedulesOf } from '../../src/pipelines/registry.js';
import { createGuardedHttp } from '../../src/psa/guarded-http.js';
import { loadPlugins } from '../../src/psa/load-plugins.js';
import type { TestDatabase } from './database.js';
import { type GraphQLClient, graphqlClient } from './graphql-client.js';
import { testKey } from './keys.js';
import { operatorToken } from './service.js';

/** The API as its clients see it, as the operator unless another token is given. */
export interface TestApi extends GraphQLClient {
  url: string;
  config: Config;
  connections: PsaConnections;
  vault: CredentialVault;
  operatorToken: string;
  createToken(role: Role, partnerId?: string): Promise<{ id: string; token: string }>;
  /** How many parts of the API listen for changes. */
  listeners(): number;
  stop(): Promise<void>;
}

/** The real API on a free port, with the real plugins. `allowedHosts` are the sandboxes it may talk to. */
export async function startTestApi(
  database: TestDatabase,
  {
    allowedHosts = [],
    now = () => new Date(),
    environment = {},
    logger = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' }),
  }: {
    allowedHosts?: string[];
    now?: () => Date;
    environment?: Record<string, string>;
    logger?: Logger;
  } = {},
): Promise<TestApi> {
  const config = readConfig({
    PORT: '0',
    DATABASE_URL: database.url,
    ENCRYPTION_KEYS: testKey,
    PSA_ALLOWED_HOSTS: allowedHosts.join(','),
    CONNECTWISE_CLIENT_ID: '00000000-0000-4000-8000-000000000001',
    ...environment,
  });
  const changes = new ChangeFeed(database.url, () => {});
  let listeners = 0;
  const on = changes.on.bind(changes);
  changes.on = listener => {
    const off = on(listener);
    listeners += 1;
    return () => {
      off();
      listeners -= 1;
    };
  };
  await changes.start();
  const vault = new CredentialVault(config.secrets.encryptionKeys);
  const http = createGuardedHttp({ allowedHosts, logger });
  const connections = new PsaConnections({
    orm: database.orm,
    plugins: await loadPlugins(),
    http,
    vault,
    logger,
    now,
    solutionName: config.psa.solutionName,
    clientIds: config.psa.clientIds,
    requestsPerMinute: config.psa.requestsPerMinute,
    concurrency: config.psa.concurrency,
  });
  await ensureOperatorToken(database.orm.em.fork(), operatorToken);
  const metrics = new Metrics(() => readWorkState(database.orm.em.fork(), now()));
  const api = await startApi({
    orm: database.orm,
    connections,
    vault,
    changes,
    wakeUp: wakeUpInPostgres,
    schedules: schedulesOf({ usageRunTime: config.usage.runTime }),
    config: {
      ...config.http,
      identity: config.identity,
      retentionDays: config.worker.retentionDays,
    },
    logger,
    now,
    metrics,
    ready: () => checkReadiness(database.orm),
  });

  const client = graphqlClient(api.url, operatorToken);
  return {
    url: api.url,
    config,
    connections,
    vault,
    operatorToken,
    ...client,
    async createToken(role, partnerId) {
      const { createApiToken } = await client.ask(CreateApiTokenDocument, {
        name: `a ${role}`,
        role,
        partnerId,
      });
      return { id: createApiToken.id!, token: createApiToken.token! };
    },
    listeners: () => listeners,
    async stop() {
      await api.close();
      await changes.stop();
      await http.close();
    },
  };
}
