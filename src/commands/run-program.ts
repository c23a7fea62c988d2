import { existsSync } from 'node:fs';
import { inspect } from 'node:util';
import { type Config, ConfigError, readConfig } from '../config/config.js';
import { namingSetting } from '../config/naming-setting.js';
import { secretsInSettings } from '../config/secrets-in-settings.js';
import { UnknownSchemaError } from '../db/unknown-schema-error.js';
import { type Redact, redactor } from '../text/redaction.js';

/**
 * Runs a program of this package from start to end: adds the variables in `.env` to the environment, runs `program`,
 * and if that rejects prints the error, without the secrets of the settings, and exits with code 1. Of a ConfigError
 * and an UnknownSchemaError it prints the message alone. `redact` removes the secrets of the settings from a text.
 */
export async function runProgram(program: (redact: Redact) => Promise<void>): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const redact = redactor(secretsInSettings(process.env));
  try {
    await program(redact);
  } catch (error) {
    const expected = error instanceof ConfigError || error instanceof UnknownSchemaError;
    console.error(redact(expected ? error.message : inspect(error)));
    process.exit(1);
  }
}

/** Runs a program that needs the settings. Where one of them is wrong, the line that is printed begins with its name. */
export function runWithSettings(program: (config: Config, redact: Redact) => Promise<void>): Promise<void> {
  return runProgram(async redact => {
    const config = readConfig(process.env);
    await namingSetting(config, () => program(config, redact));
  });
}
