import { existsSync } from 'node:fs';
import { inspect } from 'node:util';
import { ConfigError, readConfig } from './config/config.js';
import { secretsInSettings } from './config/secrets-in-settings.js';
import { UnknownSchemaError } from './db/unknown-schema-error.js';
import { openLog } from './observability/log.js';
import { redactor } from './text/redaction.js';

if (existsSync('.env')) process.loadEnvFile('.env');
const redact = redactor(secretsInSettings(process.env));

try {
  const config = readConfig(process.env);
  const logger = openLog(config.logLevel, undefined, redact);
  // Both are imported only now: tracing has to be there before the modules that it traces.
  const stopTracing = config.sendTraces
    ? (await import('./observability/tracing.js')).startTracing(logger)
    : async () => {};
  const { startService } = await import('./service.js');
  const service = await startService(config, { logger });
  if (service.url)
    logger.info(
      { url: service.url },
      `the API is at ${service.url}/graphql, the playground at ${service.url}/playground`,
    );
  else logger.info('the worker is at work');
  if (service.metricsUrl)
    logger.info({ url: service.metricsUrl }, `the metrics are at ${service.metricsUrl}/metrics`);
  if (service.newOperatorToken) {
    console.log(
      `\nOperator token (shown this once; kept in ${config.dataDir}/secrets.json):\n  ${service.newOperatorToken}\n`,
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
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof UnknownSchemaError;
  console.error(redact(expected ? error.message : inspect(error)));
  process.exit(1);
}
