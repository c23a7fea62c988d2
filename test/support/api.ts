import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { startApi } from '../../src/api/server.js';
import { ensureOperatorToken } from '../../src/api/tokens/tokens.js';
import { type Config, readConfig } from '../../src/config.js';
import { ChangeFeed } from '../../src/db/changes.js';
import { query } from '../../src/db/sql.js';
import { CredentialVault } from '../../src/domain/integrations/credentials.js';
import { CreateApiTokenDocument, type Role } from '../../src/gql/typed.js';
import { wakeUpInPostgres } from '../../src/jobs/wake-up.js';
import { PsaConnections } from '../../src/pipelines/psa-connections.js';
import { createGuardedHttp } from '../../src/psa/guarded-http.js';
import { loadPlugins } from '../../src/psa/plugins.js';
import type { TestDatabase } from './database.js';

export interface GraphQLAnswer<Data> {
  status: number;
  data?: Data | null;
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string } }[];
}

export interface TestApi {
  url: string;
  config: Config;
  connections: PsaConnections;
  vault: CredentialVault;
  operatorToken: string;
  /** Sends one operation, as the operator unless another token is given; null: without a token. */
  send<Data, Variables>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    token?: string | null,
  ): Promise<GraphQLAnswer<Data>>;
  /** As `send`, for an operation that has to be answered: fails the test on GraphQL errors. */
  ask<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    token?: string | null,
  ): Promise<Data>;
  createToken(role: Role, partnerId?: string): Promise<{ id: string; token: string }>;
  watch(token: string): Client;
  /** How many parts of the API listen for changes. */
  listeners(): number;
  stop(): Promise<void>;
}

export const testKey = Buffer.alloc(32, 7).toString('base64');

/** The real API on a free port, with the real plugins. `allowedHosts` are the sandboxes it may talk to. */
export async function startTestApi(
  database: TestDatabase,
  { allowedHosts = [], now = () => new Date() }: { allowedHosts?: string[]; now?: () => Date } = {},
): Promise<TestApi> {
  const config = readConfig({
    PORT: '0',
    DATABASE_URL: database.url,
    ENCRYPTION_KEYS: testKey,
    PSA_ALLOWED_HOSTS: allowedHosts.join(','),
    CONNECTWISE_CLIENT_ID: '00000000-0000-4000-8000-000000000001',
  });
  const logger = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });
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
  const vault = new CredentialVault(config.encryptionKeys);
  const http = createGuardedHttp({ allowedHosts, logger });
  const connections = new PsaConnections({
    plugins: await loadPlugins(),
    http,
    vault,
    logger,
    now,
    solutionName: config.solutionName,
    clientIds: config.psaClientIds,
  });
  const operatorToken = 'psab_the-operator-of-the-tests';
  await ensureOperatorToken(database.orm.em.fork(), operatorToken);
  const api = await startApi({
    orm: database.orm,
    connections,
    vault,
    changes,
    wakeUp: wakeUpInPostgres,
    config,
    logger,
    now,
    ready: async () => {
      await query(database.orm.em.fork(), 'select 1');
    },
  });

  const send: TestApi['send'] = async (document, variables, token = operatorToken) => {
    const answer = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({
        query: typeof document === 'string' ? document : print(document),
        variables,
      }),
    });
    return { status: answer.status, ...((await answer.json()) as object) };
  };
  const ask: TestApi['ask'] = async (document, variables, token) => {
    const { data, errors } = await send(document, variables, token);
    if (errors || !data) throw new Error(JSON.stringify(errors));
    return data;
  };
  return {
    url: api.url,
    config,
    connections,
    vault,
    operatorToken,
    send,
    ask,
    async createToken(role, partnerId) {
      const { createApiToken } = await ask(CreateApiTokenDocument, { name: `a ${role}`, role, partnerId });
      return { id: createApiToken.id!, token: createApiToken.token! };
    },
    watch: token =>
      createClient({
        url: `${api.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: { authorization: `Bearer ${token}` },
      }),
    listeners: () => listeners,
    async stop() {
      await api.close();
      await changes.stop();
      await http.close();
    },
  };
}
