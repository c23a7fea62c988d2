import { print } from 'graphql';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  RevokeApiTokenDocument,
  SyncStatusDocument,
  type SyncStatusSubscription,
} from '../../../src/gql/typed.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { nextId } from '../../support/ids.js';
import { insertIntegration, reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let api: TestApi;
let mine: { integrationId: string; token: string };
let theirs: string;
/** Another connection, as a worker process has it. */
let elsewhere: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database);
  elsewhere = new pg.Client({ connectionString: database.url });
  await elsewhere.connect();
  const first = await reportPartner(api, 'mine');
  const second = await reportPartner(api, 'theirs');
  mine = {
    integrationId: await insertIntegration(database, api, first.id),
    token: (await api.createToken('PARTNER', first.id)).token,
  };
  theirs = await insertIntegration(database, api, second.id);
});

afterAll(async () => {
  await elsewhere.end();
  await api.stop();
  await database.drop();
});

function subscribe(integrationId: string, token = mine.token) {
  const client = api.watch(token);
  const events = client.iterate<SyncStatusSubscription>({
    query: print(SyncStatusDocument),
    variables: { integrationId },
  });
  return {
    async next() {
      const { value } = await events.next();
      if (value?.errors) throw new Error(JSON.stringify(value.errors));
      return value?.data?.syncStatus;
    },
    stop: () => client.dispose(),
  };
}

async function insertRun(pipeline: string): Promise<string> {
  const id = nextId();
  await elsewhere.query(
    `insert into sync_run (id, integration_id, pipeline, trigger, started_at) values ($1, $2, $3, 'SCHEDULE', now())`,
    [id, mine.integrationId, pipeline],
  );
  return id;
}

describe('syncStatus', () => {
  it('sends the newest run of each pipeline, then every change from another process', async () => {
    await insertRun('DIGEST');
    const digest = await insertRun('DIGEST');
    const usage = await insertRun('USAGE');
    const status = subscribe(mine.integrationId);
    expect([(await status.next())?.id, (await status.next())?.id]).toEqual([digest, usage]);
    await elsewhere.query('update sync_run set total = 5 where id = $1', [usage]);
    expect(await status.next()).toMatchObject({ id: usage, state: 'RUNNING', total: 5 });
    await elsewhere.query('update sync_run set total = 6, delivered = 6 where id = $1', [usage]);
    expect(await status.next()).toMatchObject({ id: usage, delivered: 6 });
    status.stop();
  });

  it('sends the current status again after the connection to the database was lost', async () => {
    const status = subscribe(mine.integrationId);
    const before = [(await status.next())?.id, (await status.next())?.id];
    await elsewhere.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'psa-bridge changes' and datname = current_database()`,
    );
    expect([(await status.next())?.id, (await status.next())?.id]).toEqual(before);
    status.stop();
  });

  it('rejects another partner’s integration', async () => {
    const status = subscribe(theirs);
    await expect(status.next()).rejects.toThrow('NOT_FOUND');
    status.stop();
  });

  it('rejects the role SOURCE', async () => {
    const { token } = await api.createToken('SOURCE');
    const status = subscribe(mine.integrationId, token);
    await expect(status.next()).rejects.toThrow('FORBIDDEN');
    status.stop();
  });
});

describe('a WebSocket', () => {
  const open = (params: object) => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: params })));
    return {
      socket,
      acknowledged: new Promise(resolve => socket.on('message', resolve)),
      closed: new Promise<number>(resolve => socket.on('close', resolve)),
    };
  };

  it('without a valid token is closed with 4403', async () => {
    expect(await open({ authorization: 'Bearer psab_wrong' }).closed).toBe(4403);
  });

  it('also accepts the token as "token"', async () => {
    const { socket, acknowledged } = open({ token: mine.token });
    expect(String(await acknowledged)).toContain('connection_ack');
    socket.close();
  });

  it('is closed with 4403 when its token is revoked', async () => {
    const { id, token } = await api.createToken('OPERATOR');
    const { acknowledged, closed } = open({ authorization: `Bearer ${token}` });
    await acknowledged;
    await api.ask(RevokeApiTokenDocument, { id });
    expect(await closed).toBe(4403);
  });

  it('carries subscriptions only', async () => {
    const { socket, acknowledged } = open({ token: mine.token });
    await acknowledged;
    const answer = new Promise<string>(resolve => socket.on('message', data => resolve(String(data))));
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ viewer { role } }' } }));
    expect(JSON.parse(await answer)).toMatchObject({ type: 'error' });
    socket.close();
  });
});

it('removes a listener when its subscriber leaves', async () => {
  const before = api.listeners();
  const status = subscribe(mine.integrationId);
  await status.next();
  expect(api.listeners()).toBe(before + 1);
  status.stop();
  await expect.poll(() => api.listeners()).toBe(before);
});
