import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { startApi } from './api/server.js';
import { ensureOperatorToken } from './api/sign-in/token-authenticator.js';
import type { Config } from './config/config.js';
import { localSecretsIn } from './config/local-secrets.js';
import { ChangeFeed } from './db/changes.js';
import { openDatabase } from './db/connection.js';
import { startEmbeddedDatabase } from './db/embedded.js';
import { migrateDatabase } from './db/migrate-database.js';
import { within } from './db/within.js';
import { entities } from './domain/entities.js';
import { CredentialVault } from './integrations/credential-vault.js';
import { PsaConnections } from './integrations/psa-connections.js';
import { jobStoreInMongodb } from './jobs/job-store-in-mongodb.js';
import { jobStoreInPostgres } from './jobs/job-store-in-postgres.js';
import { startWorker } from './jobs/worker.js';
import { createNoticeSenders } from './notifications/notice-senders.js';
import { Metrics } from './observability/metrics.js';
import { startObservabilityServer } from './observability/observability-server.js';
import { checkReadiness } from './observability/readiness.js';
import { readWorkState } from './observability/work-state.js';
import { schedulesOf } from './pipelines/registry.js';
import { createGuardedHttp } from './psa/guarded-http.js';
import { loadPlugins } from './psa/load-plugins.js';

export interface Service {
  /** Where the API answers; undefined for a process without that role. */
  url: string | undefined;
  /** Where /metrics, /healthz and /readyz answer on a separate port; undefined without METRICS_PORT. */
  metricsUrl: string | undefined;
  databaseUrl: string;
  /** The operator token, if this start generated it. It can be shown only now. */
  newOperatorToken: string | undefined;
  stop(): Promise<void>;
}

/** How long stopping waits for running jobs. */
const graceMs = 20_000;

/** How long a scrape of the metrics waits for the database. */
const scrapePatienceMs = 5_000;

/**
 * Starts the roles that the settings name, from the database up to the servers; this is the only place that puts the parts
 * together. `stop` stops them in the opposite order. Where a part cannot start, those before it are stopped.
 */
export async function startService(
  config: Config,
  { logger, now = () => new Date() }: { logger: Logger; now?: () => Date },
): Promise<Service> {
  const started: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const stopOne of started.splice(0).reverse()) {
      await stopOne().catch(error => logger.error({ err: error }, 'a part did not stop properly'));
    }
  };
  try {
    const secrets = config.database.url ? undefined : localSecretsIn(config.database.dataDir);
    const embedded =
      secrets && (await startEmbeddedDatabase(config.database.dataDir, secrets.databasePassword));
    if (embedded) started.push(() => embedded.stop());
    const databaseUrl = config.database.url ?? embedded!.url;
    await migrateDatabase(databaseUrl);

    const orm = await openDatabase({ url: databaseUrl, entities, poolSize: 20 });
    started.push(() => orm.close());
    const changes = new ChangeFeed(databaseUrl, error =>
      logger.warn({ err: error }, 'lost the change feed; reconnecting'),
    );
    await changes.start();
    started.push(() => changes.stop());
    const metrics = new Metrics(() => within(scrapePatienceMs, readWorkState(orm.em.fork(), now())));
    const http = createGuardedHttp({
      allowedHosts: config.psa.allowedHosts,
      ports: config.psa.ports,
      logger,
      timeoutMs: config.psa.timeoutMs,
      observe: ({ plugin, method, status, seconds }) =>
        metrics.observePsaRequest(plugin, method, status, seconds),
    });
    started.push(() => http.close());

    const vault = new CredentialVault(
      config.secrets.encryptionKeys.length > 0 ? config.secrets.encryptionKeys : [secrets!.encryptionKey],
    );
    const plugins = await loadPlugins({ packages: config.psa.plugins });
    const connections = new PsaConnections({
      orm,
      plugins,
      http,
      vault,
      logger,
      now,
      solutionName: config.psa.solutionName,
      clientIds: config.psa.clientIds,
      requestsPerMinute: config.psa.requestsPerMinute,
      concurrency: config.psa.concurrency,
    });
    const jobStore = config.database.mongodbUrl
      ? jobStoreInMongodb({ mongodbUrl: config.database.mongodbUrl, databaseUrl, changes, logger })
      : jobStoreInPostgres({ databaseUrl, orm, logger });
    started.push(() => jobStore.close());
    const { wakeUp } = jobStore;
    const operatorToken = config.secrets.operatorToken ?? secrets?.operatorToken;
    if (operatorToken) await ensureOperatorToken(orm.em.fork(), operatorToken);

    const notices = createNoticeSenders(config.notices);
    started.push(() => notices.close());
    const worker = config.process.roles.includes('worker')
      ? await startWorker({
          orm,
          jobStore,
          connections,
          logger,
          metrics,
          now,
          owner: `${hostname()}:${process.pid}`,
          leaseMs: config.worker.leaseMs,
          usageRules: config.usage.rules,
          usageRunTime: config.usage.runTime,
          retentionDays: config.worker.retentionDays,
          wakeUp,
          notices,
          psaName: plugin => plugins.get(plugin)?.name ?? plugin,
        })
      : undefined;
    if (worker) started.push(() => worker.stop(graceMs));
    const ready = () => checkReadiness(orm, worker);
    const api = config.process.roles.includes('api')
      ? await startApi({
          orm,
          connections,
          vault,
          changes,
          wakeUp,
          schedules: schedulesOf({ usageRunTime: config.usage.runTime }),
          config: {
            ...config.http,
            identity: config.identity,
            retentionDays: config.worker.retentionDays,
          },
          logger,
          metrics,
          now,
          ready,
        })
      : undefined;
    if (api) started.push(() => api.close());
    const observability =
      config.http.metricsPort === undefined
        ? undefined
        : await startObservabilityServer({
            host: config.http.host,
            port: config.http.metricsPort,
            metrics,
            logger,
            ready,
          });
    if (observability) started.push(() => observability.close());
    return {
      url: api?.url,
      metricsUrl: observability?.url,
      databaseUrl,
      newOperatorToken:
        secrets?.justMade && !config.secrets.operatorToken ? secrets.operatorToken : undefined,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
