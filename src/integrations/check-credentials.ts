import type { StoredAccessReport } from '../domain/integrations/integration.js';
import type { Problem } from '../domain/problem.js';
import type { AccessNeeds, Credentials, PsaAdapter, PsaPlugin } from '../psa/adapter.js';
import type { PsaConnections } from './psa-connections.js';

/** One field of a plugin's form, as a person filled it in. */
export interface FilledField {
  /** The key of one of the plugin's credential fields. */
  key: string;
  value: string;
}

/**
 * Reads a plugin's form. What cannot be right is a problem at `["credentials", key]`: UNKNOWN_FIELD, DUPLICATE or
 * INVALID. Does not ask the PSA.
 */
export function readCredentials(
  plugin: PsaPlugin,
  form: readonly FilledField[],
): { credentials: Credentials } | { problems: Problem[] } {
  const problems: Problem[] = [];
  const byKey = new Map<string, string>();
  for (const { key, value } of form) {
    const field = ['credentials', key];
    if (!plugin.credentialFields.some(known => known.key === key)) {
      problems.push({ field, code: 'UNKNOWN_FIELD', message: `${plugin.name} has no such field.` });
    } else if (byKey.has(key)) {
      problems.push({ field, code: 'DUPLICATE', message: 'This field is given twice.' });
    }
    byKey.set(key, value);
  }
  if (problems.length > 0) return { problems };
  const read = plugin.readCredentials(Object.fromEntries(byKey));
  if ('credentials' in read) return read;
  return {
    problems: read.problems.map(({ key, message }) => ({
      field: ['credentials', key],
      code: 'INVALID',
      message,
    })),
  };
}

/** Checks the rights of credentials that are not stored. */
export function tryCredentials(
  connections: PsaConnections,
  plugin: PsaPlugin,
  credentials: Credentials,
  needs: AccessNeeds,
  now: Date,
): Promise<StoredAccessReport> {
  return checkAccess(connections.tryOut(plugin, credentials), needs, now);
}

/** Checks the rights that `needs` requires, in the PSA. Changes nothing there. */
export async function checkAccess(
  adapter: PsaAdapter,
  needs: AccessNeeds,
  now: Date,
): Promise<StoredAccessReport> {
  const checks = await adapter.checkAccess(needs);
  return {
    ok: checks.every(check => !check.required || check.state === 'PASSED'),
    checkedAt: now.toISOString(),
    checks,
  };
}

/** A CHECK_FAILED at `field` for each required check that failed, with what to do. Empty for a report that is ok. */
export function failedChecks(report: StoredAccessReport, field: string[]): Problem[] {
  return failuresOf(report).map(({ id, title, message, hint }) => ({
    field,
    code: 'CHECK_FAILED',
    message: [`${title} (${id}): ${message ?? 'failed.'}`, hint].filter(Boolean).join(' '),
  }));
}

/** The required checks that failed; those that were skipped only where none failed. Empty for a report that is ok. */
export function failuresOf({ checks }: StoredAccessReport): StoredAccessReport['checks'] {
  const missing = checks.filter(check => check.required && check.state !== 'PASSED');
  const failed = missing.filter(check => check.state === 'FAILED');
  return failed.length > 0 ? failed : missing;
}
