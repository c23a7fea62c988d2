import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Change, ChangeFeed, notifyProcesses } from '../../../src/db/changes.js';
import { query } from '../../../src/db/sql.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let feed: ChangeFeed;
const received: Change[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  feed = new ChangeFeed(database.url, () => {});
  feed.on(change => received.push(change));
  await feed.start();
});
beforeEach(() => received.splice(0));
afterAll(async () => {
  await feed.stop();
  await database.drop();
});

const send = (payload: string) =>
  query(database.orm.em.fork(), `select pg_notify('psa_bridge', $1)`, [payload]);

/** Notifications arrive in order: when this one is here, so are those before it. */
async function receivedUntilNow(): Promise<Change[]> {
  const tokenId = randomUUID();
  await notifyProcesses(database.orm.em.fork(), { kind: 'token_revoked', tokenId });
  await vi.waitFor(() => expect(received.at(-1)).toEqual({ kind: 'token_revoked', tokenId }));
  return received.slice(0, -1);
}

describe('the change feed', () => {
  it('receives the notifications of a transaction when it is committed', async () => {
    const tokenId = randomUUID();
    await database.orm.em.fork().transactional(async tx => {
      await notifyProcesses(tx, { kind: 'token_revoked', tokenId });
      expect(await receivedUntilNow()).toEqual([]);
    });
    await vi.waitFor(() => expect(received).toContainEqual({ kind: 'token_revoked', tokenId }));
  });

  it('receives nothing of a transaction that is rolled back', async () => {
    const rolledBack = database.orm.em.fork().transactional(async tx => {
      await notifyProcesses(tx, { kind: 'token_revoked', tokenId: randomUUID() });
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await receivedUntilNow()).toEqual([]);
  });

  it.each([
    ['of a kind that only a newer version knows', '{"kind":"of_tomorrow","id":1}'],
    ['without the fields of its kind', '{"kind":"sync_run"}'],
    ['that is not JSON', 'hello'],
    ['that is empty', ''],
  ])('ignores a notification %s', async (_what, payload) => {
    await send(payload);
    expect(await receivedUntilNow()).toEqual([]);
  });
});
