import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ChangeFeed } from '../../../src/db/changes.js';
import { execute } from '../../../src/db/sql.js';
import type { IntegrationJobName } from '../../../src/domain/integrations/wake-up.js';
import type { JobStore } from '../../../src/jobs/job-store.js';
import { tickJob } from '../../../src/jobs/tick-job.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

/** What every job store promises. `create` makes one whose jobs no other test sees. */
export function describeWakingUp({
  name,
  create,
}: {
  name: string;
  create(parts: { database: TestDatabase; changes: ChangeFeed }): JobStore;
}): void {
  describe(`waking up through ${name}`, () => {
    let database: TestDatabase;
    let changes: ChangeFeed;
    let store: JobStore;
    let stopTakingWakeUps: () => void;

    beforeAll(async () => {
      database = await freshDatabase();
      changes = new ChangeFeed(database.url, () => {});
      await changes.start();
      store = create({ database, changes });
      await store.backend.connect();
      await store.channel.connect();
      stopTakingWakeUps = store.takeWakeUps();
    });
    afterAll(async () => {
      stopTakingWakeUps();
      await store.backend.repository.purgeAllJobs();
      await store.channel.disconnect();
      await store.backend.disconnect();
      await store.close();
      await changes.stop();
      await database.drop();
    });

    const transaction = (work: (em: EntityManager) => Promise<void>) =>
      database.orm.em.fork().transactional(work);

    /** When the wake-ups are due that no worker took, the earliest first. */
    async function waiting(integrationId: string, job: IntegrationJobName = 'deliver'): Promise<number[]> {
      const { jobs } = await store.backend.repository.queryJobs({ name: job, data: { integrationId } });
      return jobs
        .filter(({ lockedAt, nextRunAt }) => !lockedAt && nextRunAt)
        .map(({ nextRunAt }) => nextRunAt!.getTime())
        .sort((a, b) => a - b);
    }

    /** Waits for it: a wake-up may reach the store after the commit. */
    const untilWaiting = (integrationId: string, count: number) =>
      vi.waitFor(async () => expect(await waiting(integrationId)).toHaveLength(count), { timeout: 5_000 });

    async function wakeNow(integrationId: string, times = 1): Promise<void> {
      for (let time = 0; time < times; time++)
        await transaction(em => store.wakeUp(em, 'deliver', [integrationId]));
      await untilWaiting(integrationId, times);
    }

    /** Takes the next due job, as the Agenda of this name does. */
    function take(agendaName: string) {
      const now = new Date();
      const longAgo = new Date(0);
      return store.backend.repository.getNextJobToRun('deliver', now, longAgo, now, {
        lastModifiedBy: agendaName,
      });
    }

    describe('as part of a transaction', () => {
      it('wakes a worker for each integration when it is committed', async () => {
        const integrations = [randomUUID(), randomUUID()];
        await transaction(em => store.wakeUp(em, 'deliver', integrations));
        for (const integrationId of integrations) {
          await untilWaiting(integrationId, 1);
          expect((await waiting(integrationId))[0]).toBeLessThanOrEqual(Date.now());
        }
      });

      it('wakes no worker before it is committed', async () => {
        const open = randomUUID();
        await transaction(async em => {
          await store.wakeUp(em, 'deliver', [open]);
          await wakeNow(randomUUID()); // what was to be stored until now is stored
          expect(await waiting(open)).toEqual([]);
        });
        await untilWaiting(open, 1);
      });

      it('wakes no worker when it is rolled back', async () => {
        const rolledBack = randomUUID();
        const failed = transaction(async em => {
          await store.wakeUp(em, 'deliver', [rolledBack]);
          throw new Error('rolled back');
        });
        await expect(failed).rejects.toThrow('rolled back');
        await wakeNow(randomUUID()); // what was to be stored until now is stored
        expect(await waiting(rolledBack)).toEqual([]);
      });

      it('wakes no worker where there is no integration', async () => {
        await expect(transaction(em => store.wakeUp(em, 'deliver', []))).resolves.toBeUndefined();
      });
    });

    describe('several wake-ups', () => {
      it('become one execution: those that wait when it begins are dropped', async () => {
        const integrationId = randomUUID();
        await wakeNow(integrationId, 3);
        await store.dropWaiting('deliver', integrationId);
        expect(await waiting(integrationId)).toEqual([]);
      });

      it('that arrive while the work runs are not dropped', async () => {
        const integrationId = randomUUID();
        await wakeNow(integrationId);
        await store.dropWaiting('deliver', integrationId);
        await wakeNow(integrationId);
        expect(await waiting(integrationId)).toHaveLength(1);
      });

      it('for another integration, for another job or for later stay', async () => {
        const [integrationId, other] = [randomUUID(), randomUUID()];
        const later = Date.now() + 60_000;
        await wakeNow(other);
        await transaction(em => store.wakeUp(em, 'notices', [integrationId]));
        await vi.waitFor(async () => expect(await waiting(integrationId, 'notices')).toHaveLength(1));
        await store.wakeAt('deliver', integrationId, new Date(later));
        await store.dropWaiting('deliver', integrationId);
        expect(await waiting(integrationId)).toEqual([later]);
        expect(await waiting(integrationId, 'notices')).toHaveLength(1);
        expect(await waiting(other)).toHaveLength(1);
      });

      it('drop none that a worker took', async () => {
        await store.backend.repository.purgeAllJobs();
        const integrationId = randomUUID();
        await wakeNow(integrationId);
        const taken = await take('a worker');
        await store.dropWaiting('deliver', integrationId);
        expect(await store.backend.repository.getJobById(taken!._id!)).not.toBeNull();
      });
    });

    describe('at a time', () => {
      it('wakes a worker then', async () => {
        const integrationId = randomUUID();
        const at = Date.now() + 30_000;
        await store.wakeAt('deliver', integrationId, new Date(at));
        expect(await waiting(integrationId)).toEqual([at]);
      });

      it('adds nothing where a wake-up until then waits already', async () => {
        const integrationId = randomUUID();
        const first = Date.now() + 30_000;
        for (const at of [first, first + 1_000, first]) {
          await store.wakeAt('deliver', integrationId, new Date(at));
        }
        expect(await waiting(integrationId)).toEqual([first]);
      });

      it('adds an earlier one', async () => {
        const integrationId = randomUUID();
        const later = Date.now() + 30_000;
        await store.wakeAt('deliver', integrationId, new Date(later));
        await store.wakeAt('deliver', integrationId, new Date(later - 10_000));
        expect(await waiting(integrationId)).toEqual([later - 10_000, later]);
      });

      it('adds one that is due now beside one that waits: that one may be taken already', async () => {
        const integrationId = randomUUID();
        await wakeNow(integrationId);
        await store.wakeAt('deliver', integrationId, new Date());
        expect(await waiting(integrationId)).toHaveLength(2);
      });
    });

    describe('a wake-up that is lost', () => {
      it('is replaced by the tick', async () => {
        const integrationId = randomUUID();
        await insertDueNotice(database.orm.em.fork(), integrationId);
        expect(await waiting(integrationId, 'notices')).toEqual([]);
        await tickJob.work(
          {
            orm: database.orm,
            now: () => new Date(),
            usageRunTime: '06:00',
            wakeUp: store.wakeUp,
          },
          new AbortController().signal,
        );
        await vi.waitFor(async () => expect(await waiting(integrationId, 'notices')).toHaveLength(1));
      });
    });

    describe('a worker that stops', () => {
      it('releases the jobs that it took, and no other worker’s', async () => {
        await store.backend.repository.purgeAllJobs();
        const [mine, other] = [randomUUID(), randomUUID()];
        await wakeNow(mine);
        expect(await take('this worker')).toBeDefined();
        await wakeNow(other);
        expect(await take('another worker')).toBeDefined();
        await store.handBack('this worker');
        expect([await waiting(mine), await waiting(other)]).toEqual([[expect.any(Number)], []]);
      });
    });
  });
}

/** An integration with a due notice for which no worker was woken. */
async function insertDueNotice(em: EntityManager, integrationId: string): Promise<void> {
  await execute(
    em,
    `with p as (
       insert into partner (external_id, name, time_zone, invoice_day)
       values ($1::text, 'A partner', 'America/Chicago', 1) returning id
     ), i as (
       insert into integration (id, partner_id, psa, account, credentials)
       select $1::uuid, id, 'any', 'any', 'sealed' from p returning id
     )
     insert into notice (type, integration_id, payload, due_at)
     select 'integration.needs_attention', id, '{}', now() from i`,
    [integrationId],
  );
}
