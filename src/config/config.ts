import { identityProblems, identityProvider } from './groups/identity.js';
import { noticeProblems } from './groups/notices.js';
import { clientIdsByVariable } from './groups/psa.js';
import { secretProblems } from './groups/secrets.js';
import { readTree } from './setting.js';
import { settings } from './settings.js';

/** The values of all settings, by group. */
export type Config = ReturnType<typeof readConfig>;

/** Settings are missing or invalid. The message has one line for each, which begins with the setting's name. */
export class ConfigError extends Error {}

/**
 * Reads the settings from environment variables. Throws ConfigError that names every invalid one. Rules between
 * settings are checked once each setting by itself is valid.
 */
export function readConfig(environment: NodeJS.ProcessEnv) {
  const problems: string[] = [];
  const values = readTree(settings, environment, problems);
  if (problems.length === 0) {
    problems.push(...secretProblems(values), ...identityProblems(values), ...noticeProblems(values));
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return {
    ...values,
    identity: identityProvider(values.identity),
    psa: {
      ...values.psa,
      clientIds: { ...clientIdsByVariable(environment), ...values.psa.clientIds },
    },
  };
}
