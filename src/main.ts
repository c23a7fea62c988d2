import { existsSync } from 'node:fs';
import { pino } from 'pino';
import { ConfigError, readConfig } from './config.js';
import { startService } from './service.js';

if (existsSync('.env')) process.loadEnvFile('.env');

try {
  const config = readConfig(process.env);
  const logger = pino({ level: config.logLevel });
  const service = await startService(config, { logger });
  if (service.url)
    logger.info(
      { url: service.url },
      `the API is at ${service.url}/graphql, the playground at ${service.url}/playground`,
    );
  else logger.info('the worker is at work');
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
      process.exit(0);
    });
  }
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
