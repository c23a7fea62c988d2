import { secretsIn } from '../text/secrets-in-text.js';
import { settingsIn } from './setting.js';
import { settings } from './settings.js';

/**
 * Every secret in these environment variables, as written and percent-decoded. Validates nothing, so that it also finds
 * the secrets of invalid settings.
 */
export function secretsInSettings(environment: NodeJS.ProcessEnv): string[] {
  return settingsIn(settings).flatMap(({ name, secret }) =>
    secret ? secretsIn(environment[name], secret) : [],
  );
}
