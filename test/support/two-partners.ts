import { query } from '../../src/db/sql.js';
import type { TestApi } from './api.js';
import type { TestDatabase } from './database.js';
import { insertIntegration, reportPartner } from './partners.js';

/** A partner with a row in every table that has rows of partners. `mark` is part of every text in them. */
export interface MarkedPartner {
  mark: string;
  partnerId: string;
  organizationId: string;
  integrationId: string;
  deliveryId: string;
  runId: string;
  tokenId: string;
  token: string;
}

/** Fills every table for one partner. */
export async function addMarkedPartner(
  database: TestDatabase,
  api: TestApi,
  mark: string,
): Promise<MarkedPartner> {
  const { id: partnerId, organizations } = await reportPartner(api, mark, [`Org ${mark}`]);
  const organizationId = organizations[`Org ${mark}`]!;
  const integrationId = await insertIntegration(database, api, partnerId);
  const { id: tokenId, token } = await api.createToken('PARTNER', partnerId);
  const em = database.orm.em.fork();
  const insert = async (table: string, columns: Record<string, unknown>): Promise<string> => {
    const names = Object.keys(columns);
    const [row] = await query<{ id: string }>(
      em,
      `insert into ${table} (${names.join(', ')}) values (${names.map((_, n) => `$${n + 1}`).join(', ')}) returning *`,
      Object.values(columns),
    );
    return row!.id;
  };
  await query(
    em,
    `update integration set service_board = $2, status_reason = $3, notification_email = $4 where id = $1`,
    [
      integrationId,
      JSON.stringify({ id: '7', name: `Board ${mark}` }),
      `Reason ${mark}`,
      `${mark}@example.com`,
    ],
  );
  await insert('mapping', {
    integration_id: integrationId,
    organization_id: organizationId,
    company_id: `company-${mark}`,
    company_identifier: mark,
    company_name: `Company ${mark}`,
    billing_level: `Level ${mark}`,
  });
  const jobResultId = await insert('backup_job_result', {
    organization_id: organizationId,
    external_id: `job-${mark}`,
    job_name: `Job ${mark}`,
    status: 'ERROR',
    started_at: '2026-11-22T08:00:00Z',
    ended_at: '2026-11-22T09:00:00Z',
  });
  await insert('usage_record', {
    organization_id: organizationId,
    usage_type: `Usage ${mark}`,
    quantity: '1',
    measured_at: '2026-11-22T08:00:00Z',
  });
  const runId = await insert('sync_run', {
    integration_id: integrationId,
    pipeline: 'EVENTS',
    trigger: 'INGEST',
    started_at: '2026-11-22T09:00:00Z',
    error: `Error ${mark}`,
  });
  await insert('planned_change', {
    run_id: runId,
    organization_id: organizationId,
    summary: `Change ${mark}`,
  });
  const deliveryId = await insert('delivery', {
    integration_id: integrationId,
    organization_id: organizationId,
    job_result_id: jobResultId,
    run_id: runId,
    kind: 'EVENT',
    key: `event:${jobResultId}`,
    state: 'FAILED',
    summary: `Ticket ${mark}`,
    last_error: `Refused ${mark}`,
  });
  const statementId = await insert('usage_statement', {
    integration_id: integrationId,
    period_start: '2026-10-15',
    period_end: '2026-11-14',
    invoice_date: '2026-11-15',
    revision: 1,
    reason: `Correction ${mark}`,
  });
  await insert('usage_line', {
    statement_id: statementId,
    organization_id: organizationId,
    usage_type: `Usage ${mark}`,
    quantity: '1',
    evidence: '[]',
    delivery_id: deliveryId,
  });
  const noticeId = await insert('notice', {
    type: 'run.failed',
    integration_id: integrationId,
    run_id: runId,
    payload: JSON.stringify({ mark }),
    due_at: '2026-11-22T09:00:00Z',
  });
  await insert('notice_delivery', {
    notice_id: noticeId,
    channel: 'email',
    target: `${mark}@example.com`,
    state: 'FAILED',
  });
  await insert('request_allowance', {
    integration_id: integrationId,
    available: 1,
    as_of: '2026-11-22T09:00:00Z',
  });
  return { mark, partnerId, organizationId, integrationId, deliveryId, runId, tokenId, token };
}
