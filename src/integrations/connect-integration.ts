import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import {
  Integration,
  IntegrationStatus,
  type StoredAccessReport,
} from '../domain/integrations/integration.js';
import { reschedule } from '../domain/integrations/reschedule.js';
import type { Schedule } from '../domain/integrations/schedule.js';
import { connected } from '../domain/integrations/status.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import type { Partner } from '../domain/partners/partner.js';
import type { Problem } from '../domain/problem.js';
import { rowsOf } from '../domain/tables.js';
import { createRecoveryNotice } from '../notifications/create-notice.js';
import type { Credentials, PsaPlugin } from '../psa/adapter.js';
import { failedChecks, tryCredentials } from './check-credentials.js';
import type { CredentialVault } from './credential-vault.js';
import type { PsaConnections } from './psa-connections.js';

export interface ConnectDependencies {
  connections: PsaConnections;
  vault: CredentialVault;
  wakeUp: WakeUp;
  now(): Date;
  schedules: readonly Schedule[];
}

/** Whom to connect to which account. */
export interface ConnectRequest {
  partner: Partner;
  plugin: PsaPlugin;
  credentials: Credentials;
}

export type Connected =
  | { integration: Integration; report: StoredAccessReport }
  | { integration: null; report: StoredAccessReport | null; problems: Problem[] };

/**
 * Checks the credentials and stores them if every required check passes. The partner's integration of the same account,
 * connected or not, is used again, so that its history continues; otherwise a new one is created. While another account
 * is connected nothing is stored, because mappings and deliveries belong to that account.
 */
export async function connectIntegration(
  em: EntityManager,
  dependencies: ConnectDependencies,
  request: ConnectRequest,
): Promise<Connected> {
  const { partner, plugin, credentials } = request;
  const account = plugin.accountKey(credentials);
  const current = await findConnected(em, request);
  if (current && current.account !== account) return anotherAccount(current);
  const known = current ?? (await em.findOne(Integration, { partner: partner.id, psa: plugin.id, account }));
  const report = await tryCredentials(
    dependencies.connections,
    plugin,
    credentials,
    { billing: known?.billingEnabled ?? false },
    dependencies.now(),
  );
  if (!report.ok) return { integration: null, report, problems: failedChecks(report, ['credentials']) };
  const store = () => storeCredentials(em.fork(), dependencies, request, account, report);
  try {
    return await store();
  } catch (error) {
    // Another request connected this partner at the same moment; the second time its integration is found.
    if (error instanceof UniqueConstraintViolationException) return store();
    throw error;
  }
}

function findConnected(em: EntityManager, { partner, plugin }: ConnectRequest): Promise<Integration | null> {
  return em.findOne(Integration, { partner: partner.id, psa: plugin.id, disconnectedAt: null });
}

function anotherAccount(current: Integration): Connected {
  const problem = {
    field: ['credentials'],
    code: 'ANOTHER_ACCOUNT',
    message: `The partner is connected to another account (${current.account}), which its mappings and history belong to. Disconnect that one first.`,
  };
  return { integration: null, report: null, problems: [problem] };
}

function storeCredentials(
  em: EntityManager,
  { vault, wakeUp, now: clock, schedules }: ConnectDependencies,
  request: ConnectRequest,
  account: string,
  report: StoredAccessReport,
): Promise<Connected> {
  const { partner, plugin, credentials } = request;
  return em.transactional(async (tx): Promise<Connected> => {
    const current = await findConnected(tx, request);
    if (current && current.account !== account) return anotherAccount(current);
    const known = await tx.findOne(
      Integration,
      { partner: partner.id, psa: plugin.id, account },
      { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
    );
    const id = known?.id ?? (await newId(tx));
    const sealed = vault.seal(id, credentials);
    const now = clock();
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
    Object.assign(integration, connected(integration), { credentials: sealed, lastCheck: report });
    if (revived || !known) reschedule(integration, partner, { now, schedules });
    await tx.flush();
    if (integration.status === IntegrationStatus.CONNECTED)
      await createRecoveryNotice(tx, integration.id, now);
    await wakeUp(tx, 'deliver', [integration.id]);
    return { integration, report };
  });
}

/** The id has to be known before the row is written, because the credentials are sealed for it. */
async function newId(em: EntityManager): Promise<string> {
  const [row] = await rowsOf(em, tables => tables.selectNoFrom(({ fn }) => fn<string>('uuid_v7').as('id')));
  return row!.id;
}
