import { runWithSettings } from './commands/run-program.js';
import { openLog } from './observability/log.js';

await runWithSettings(async (config, redact) => {
  const logger = openLog(config.process.logLevel, undefined, redact);
  // Both modules are imported only now, because tracing has to start before the modules that it traces are loaded.
  const { endpoint, tracesEndpoint } = config.tracing;
  const stopTracing =
    (tracesEndpoint ?? endpoint)
      ? (await import('./observability/tracing.js')).startTracing(logger)
      : async () => {};
  const { startService } = await import('./service.js');
  const service = await startService(config, { logger });
  if (service.url)
    logger.info(
      { url: service.url },
      `the API is at ${service.url}/graphql, the playground at ${service.url}/playground`,
    );
  else logger.info('the worker is running');
  if (service.metricsUrl)
    logger.info({ url: service.metricsUrl }, `the metrics are at ${service.metricsUrl}/metrics`);
  if (service.newOperatorToken) {
    console.log(
      `\nOperator token (printed only once; stored in ${config.database.dataDir}/secrets.json):\n  ${service.newOperatorToken}\n`,
    );
  }
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, async () => {
      if (stopping) return;
      stopping = true;
      logger.info({ signal }, 'stopping');
      await service.stop();
      await stopTracing();
      process.exit(0);
    });
  }
});
