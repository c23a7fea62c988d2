import type { CredentialInput } from '../api/integrations/inputs.js';
import { type UserError, userError } from '../api/user-error.js';
import type { StoredAccessReport } from '../domain/integrations/integration.js';
import type { AccessNeeds, Credentials, PsaAdapter, PsaPlugin } from '../psa/adapter.js';
import type { PsaConnections } from './psa-connections.js';

/** Reads what was typed into a plugin's form; what cannot be right is named by its field, without asking the PSA. */
export function readCredentials(
  plugin: PsaPlugin,
  typed: readonly CredentialInput[],
): { credentials: Credentials } | { userErrors: UserError[] } {
  const userErrors: UserError[] = [];
  const byKey = new Map<string, string>();
  for (const { key, value } of typed) {
    const problem = !plugin.credentialFields.some(field => field.key === key)
      ? userError(['credentials', key], 'UNKNOWN_FIELD', `${plugin.name} has no such field.`)
      : byKey.has(key)
        ? userError(['credentials', key], 'DUPLICATE', 'This field is given twice.')
        : undefined;
    if (problem) userErrors.push(problem);
    byKey.set(key, value);
  }
  if (userErrors.length > 0) return { userErrors };
  const read = plugin.readCredentials(Object.fromEntries(byKey));
  if ('credentials' in read) return read;
  return {
    userErrors: read.problems.map(({ key, message }) => userError(['credentials', key], 'INVALID', message)),
  };
}

/** Tries the rights of credentials that are not stored. */
export function tryCredentials(
  connections: PsaConnections,
  plugin: PsaPlugin,
  credentials: Credentials,
  needs: AccessNeeds,
  now: Date,
): Promise<StoredAccessReport> {
  return checkAccess(connections.tryOut(plugin, credentials), needs, now);
}

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

/** One CHECK_FAILED for every required check that failed, with what to do about it; none for a report that is ok. */
export function failedChecks(report: StoredAccessReport, field: string[]): UserError[] {
  const missing = report.checks.filter(check => check.required && check.state !== 'PASSED');
  const failed = missing.filter(check => check.state === 'FAILED');
  return (failed.length > 0 ? failed : missing).map(check =>
    userError(
      field,
      'CHECK_FAILED',
      [`${check.title} (${check.id}): ${check.message ?? 'failed.'}`, check.hint].filter(Boolean).join(' '),
    ),
  );
}
