import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../src/db/free-port.js';
import { query } from '../../../src/db/sql.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { testKey } from '../../support/keys.js';
import { scrape } from '../../support/metrics.js';
import { answering, type ServiceProcess, startProcess } from '../../support/processes.js';
import { startTestService, type TestService } from '../../support/service.js';

let bridge: TestService | undefined;
afterEach(async () => {
  await bridge?.stop();
  bridge = undefined;
});

async function ask(url: string, path: string): Promise<{ status: number; missing?: string }> {
  const answer = await fetch(url + path);
  const body = (await answer.json()) as { missing?: string };
  return { status: answer.status, ...(body.missing ? { missing: body.missing } : {}) };
}

describe('/readyz', () => {
  it('is ready while database, migrations and worker are available', async () => {
    bridge = await startTestService();
    expect(await ask(bridge.service.url!, '/readyz')).toEqual({ status: 200 });
  });

  it('is not ready when the database is gone, while the process lives and its metrics report it', async () => {
    bridge = await startTestService();
    const url = bridge.service.url!;
    const em = bridge.database.orm.em.fork();
    const [{ name }] = (await query<{ name: string }>(em, 'select current_database() as name')) as [
      { name: string },
    ];
    await bridge.database.allowConnections(false);
    expect(await ask(url, '/readyz')).toEqual({ status: 503, missing: 'database' });
    expect(await ask(url, '/healthz')).toEqual({ status: 200 });
    const seen = await scrape(url);
    expect(seen.value('psa_bridge_database_up')).toBe(0);
    expect(seen.text).not.toMatch(/^psa_bridge_deliveries\{/m);
    expect(seen.text).not.toContain(name);
    await bridge.database.allowConnections(true);
    expect(await ask(url, '/readyz')).toEqual({ status: 200 });
    expect((await scrape(url)).value('psa_bridge_database_up')).toBe(1);
  });

  it('is not ready while a migration of this version is missing', async () => {
    bridge = await startTestService();
    const em = bridge.database.orm.em.fork();
    await query(em, 'create table aside as select * from mikro_orm_migrations order by id desc limit 1');
    await query(em, 'delete from mikro_orm_migrations where id in (select id from aside)');
    expect(await ask(bridge.service.url!, '/readyz')).toEqual({ status: 503, missing: 'migrations' });
    await query(em, 'insert into mikro_orm_migrations select * from aside');
    expect(await ask(bridge.service.url!, '/readyz')).toEqual({ status: 200 });
  });
});

describe('METRICS_PORT', () => {
  it('removes the metrics from the public port, and serves health on both', async () => {
    bridge = await startTestService({ environment: { METRICS_PORT: '0' } });
    const { url, metricsUrl } = bridge.service;
    expect(metricsUrl).not.toBe(url);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect((await scrape(metricsUrl!)).value('psa_bridge_database_up')).toBe(1);
    for (const server of [url!, metricsUrl!]) {
      expect(await ask(server, '/healthz')).toEqual({ status: 200 });
      expect(await ask(server, '/readyz')).toEqual({ status: 200 });
    }
    expect((await fetch(`${metricsUrl}/graphql`, { method: 'POST' })).status).toBe(404);
  });

  describe('of a process that is only a worker', () => {
    let database: TestDatabase;
    let worker: ServiceProcess;

    it('serves its metrics and its health', async () => {
      database = await freshDatabase();
      const port = await freePort();
      worker = startProcess({
        DATABASE_URL: database.url,
        ENCRYPTION_KEYS: testKey,
        ROLES: 'worker',
        METRICS_PORT: String(port),
      });
      const url = `http://127.0.0.1:${port}`;
      try {
        await answering(`${url}/readyz`, worker);
        expect(await ask(url, '/healthz')).toEqual({ status: 200 });
        expect((await scrape(url)).value('psa_bridge_integrations', { status: 'CONNECTED' })).toBe(0);
      } finally {
        await worker.stop('SIGKILL');
        await database.drop();
      }
    }, 40_000);
  });
});
