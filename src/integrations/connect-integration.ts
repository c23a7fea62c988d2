import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { ApiDependencies } from '../api/context.js';
import { type UserError, userError } from '../api/user-error.js';
import { query } from '../db/sql.js';
import {
  Integration,
  IntegrationStatus,
  type StoredAccessReport,
} from '../domain/integrations/integration.js';
import { reschedule } from '../domain/integrations/reschedule.js';
import type { Partner } from '../domain/partners/partner.js';
import { createRecoveryNotice } from '../notifications/create-notice.js';
import type { Credentials, PsaPlugin } from '../psa/adapter.js';
import { failedChecks, tryCredentials } from './check-credentials.js';

export type Connected =
  | { integration: Integration; report: StoredAccessReport }
  | { integration: null; report: StoredAccessReport | null; userErrors: UserError[] };

/**
 * Tries the credentials, and stores them if every required check passes: for the integration of the same
 * account if the partner has or had one, so that its history goes on, else for a new one. While another
 * account is connected it stores nothing: mappings and what was delivered belong to that account.
 */
export async function connectIntegration(
  em: EntityManager,
  app: ApiDependencies,
  partner: Partner,
  plugin: PsaPlugin,
  credentials: Credentials,
): Promise<Connected> {
  const account = plugin.accountKey(credentials);
  const current = await connectedOne(em, partner, plugin);
  if (current && current.account !== account) return anotherAccount(current);
  const known = current ?? (await em.findOne(Integration, { partner: partner.id, psa: plugin.id, account }));
  const report = await tryCredentials(
    app.connections,
    plugin,
    credentials,
    { billing: known?.billingEnabled ?? false },
    app.now(),
  );
  if (!report.ok) {
    return { integration: null, report, userErrors: failedChecks(report, ['credentials']) };
  }
  const store = () => storeCredentials(em.fork(), app, partner, plugin, account, credentials, report);
  try {
    return await store();
  } catch (error) {
    // Somebody else connected this partner at the same moment: now theirs is there to be found.
    if (error instanceof UniqueConstraintViolationException) return store();
    throw error;
  }
}

function connectedOne(em: EntityManager, partner: Partner, plugin: PsaPlugin): Promise<Integration | null> {
  return em.findOne(Integration, { partner: partner.id, psa: plugin.id, disconnectedAt: null });
}

function anotherAccount(current: Integration): Connected {
  return {
    integration: null,
    report: null,
    userErrors: [
      userError(
        ['credentials'],
        'ANOTHER_ACCOUNT',
        `The partner is connected to another account (${current.account}), which its mappings and history belong to. Disconnect that one first.`,
      ),
    ],
  };
}

function storeCredentials(
  em: EntityManager,
  app: ApiDependencies,
  partner: Partner,
  plugin: PsaPlugin,
  account: string,
  credentials: Credentials,
  report: StoredAccessReport,
): Promise<Connected> {
  return em.transactional(async (tx): Promise<Connected> => {
    const current = await connectedOne(tx, partner, plugin);
    if (current && current.account !== account) return anotherAccount(current);
    const known = await tx.findOne(
      Integration,
      { partner: partner.id, psa: plugin.id, account },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    const id = known?.id ?? (await newId(tx));
    const sealed = app.vault.seal(id, credentials);
    const now = app.now();
    const integration =
      known ??
      tx.create(Integration, {
        id,
        partner: partner.id,
        psa: plugin.id,
        account,
        credentials: sealed,
        createdAt: now,
      });
    const revived = integration.disconnectedAt != null;
    integration.credentials = sealed;
    integration.lastCheck = report;
    integration.disconnectedAt = null;
    if (revived || integration.status === IntegrationStatus.NEEDS_ATTENTION) {
      integration.status = IntegrationStatus.CONNECTED;
      integration.statusReason = null;
      integration.nextProbeAt = null;
      integration.probes = 0;
      integration.restingUntil = null;
    }
    if (revived || !known) reschedule(integration, partner, { now, usageRunTime: app.config.usageRunTime });
    await tx.flush();
    if (integration.status === IntegrationStatus.CONNECTED)
      await createRecoveryNotice(tx, integration.id, now);
    await app.wakeUp(tx, 'deliver', [integration.id]);
    return { integration, report };
  });
}

/** The id has to be known before the row is written: the credentials are sealed for it. */
async function newId(em: EntityManager): Promise<string> {
  const [row] = await query<{ id: string }>(em, 'select uuid_v7() as id');
  return row!.id;
}
