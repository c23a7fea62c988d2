import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
import { isLocalDate, localDate } from '../domain/calendar.js';
import type { Integration } from '../domain/integrations/integration.js';
import { latestDigestDate } from '../domain/integrations/schedule.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import type { Partner } from '../domain/partners/partner.js';
import { Pipeline, RunState, RunTrigger, SyncRun } from '../domain/runs/sync-run.js';
import { isInvoiceDate, latestInvoiceDate } from '../domain/usage/billing-period.js';
import { finishRuns } from '../runs/finish-runs.js';
import { planEventsRun } from './events/plan-events-run.js';

export interface RunRequest {
  integration: Integration;
  partner: Partner;
  pipeline: Pipeline;
  trigger: RunTrigger;
  dryRun: boolean;
  /** USAGE: the invoice date. DIGEST and EVENTS: the day. Left out: the latest one due; EVENTS: all that is owed. */
  date?: string | null;
  now: Date;
  wakeUp: WakeUp;
}

/** What a person can mend about the request. */
export interface RunProblem {
  field: string[];
  code:
    | 'INVALID'
    | 'BILLING_DISABLED'
    | 'DIGEST_DISABLED'
    | 'NOT_AN_INVOICE_DATE'
    | 'NOT_OVER'
    | 'OLDER_PERIOD';
  message: string;
}

/**
 * Starts a run of a pipeline, in `em`'s transaction if it has one. Usage and digest runs are planned by a
 * worker; an events run is planned here, because all it does is to look for what is owed already.
 */
export async function startRun(
  em: EntityManager,
  request: RunRequest,
): Promise<{ run: SyncRun } | { problem: RunProblem }> {
  const { integration, partner, pipeline, trigger, dryRun, now, wakeUp } = request;
  const date = request.date ?? defaultDate(request);
  const problem = checkDate(request, date) ?? (await checkOrder(em, request, date));
  if (problem) return { problem };
  return em.transactional(async tx => {
    const run = tx.create(SyncRun, {
      integration: integration.id,
      pipeline,
      trigger,
      dryRun,
      forDate: date,
      startedAt: now,
    });
    if (pipeline !== Pipeline.EVENTS) {
      await tx.flush();
      await wakeUp(tx, pipeline === Pipeline.USAGE ? 'usage' : 'digest', [integration.id]);
      return { run };
    }
    run.plannedAt = now;
    if (dryRun) Object.assign(run, { state: RunState.SUCCEEDED, finishedAt: now });
    await tx.flush();
    await planEventsRun(tx, run, integration, partner, now);
    await finishRuns(tx, integration.id, { now, wakeUp });
    await wakeUp(tx, 'deliver', [integration.id]);
    await tx.refresh(run);
    return { run };
  });
}

function defaultDate({ pipeline, integration, partner, now }: RunRequest): string | null {
  if (pipeline === Pipeline.USAGE)
    return latestInvoiceDate(localDate(now, partner.timeZone), partner.invoiceDay);
  if (pipeline === Pipeline.DIGEST) return latestDigestDate(integration, partner, now);
  return null;
}

function checkDate(
  { pipeline, trigger, integration, partner, dryRun, now }: RunRequest,
  date: string | null,
): RunProblem | undefined {
  if (pipeline === Pipeline.USAGE && !integration.billingEnabled && !dryRun) {
    return {
      field: ['pipeline'],
      code: 'BILLING_DISABLED',
      message: 'Billing is not enabled. Enable it in the options, or make a dry run.',
    };
  }
  if (pipeline === Pipeline.DIGEST && !integration.dailyDigestEnabled && !dryRun) {
    return {
      field: ['pipeline'],
      code: 'DIGEST_DISABLED',
      message: 'The daily digest is not enabled. Enable it in the options, or make a dry run.',
    };
  }
  if (date === null) return undefined;
  if (!isLocalDate(date)) {
    return { field: ['date'], code: 'INVALID', message: `"${date}" is not a date such as 2026-11-23.` };
  }
  const today = localDate(now, partner.timeZone);
  // A scheduled date was an invoice date when it was set, even if the invoice day was changed since.
  const byHand = trigger !== RunTrigger.SCHEDULE;
  if (pipeline === Pipeline.USAGE && byHand && !isInvoiceDate(date, partner.invoiceDay)) {
    const latest = latestInvoiceDate(date, partner.invoiceDay);
    return {
      field: ['date'],
      code: 'NOT_AN_INVOICE_DATE',
      message: `${date} is no invoice date: the invoice day is ${partner.invoiceDay}. The invoice date before it is ${latest}.`,
    };
  }
  // A dry run may look ahead: what would be billed if the period ended now.
  if (date > today && !(dryRun && pipeline === Pipeline.USAGE)) {
    return {
      field: ['date'],
      code: 'NOT_OVER',
      message: `${date} has not come yet: it is ${today} in ${partner.timeZone}.`,
    };
  }
  return undefined;
}

/** An older period's quantities must not overwrite a newer one's in the PSA. */
async function checkOrder(
  em: EntityManager,
  { integration, pipeline, dryRun }: RunRequest,
  date: string | null,
): Promise<RunProblem | undefined> {
  if (pipeline !== Pipeline.USAGE || dryRun) return undefined;
  const [newer] = await query<{ invoiceDate: string }>(
    em,
    `select invoice_date as "invoiceDate" from usage_statement
     where integration_id = $1 and invoice_date > $2 order by invoice_date desc limit 1`,
    [integration.id, date],
  );
  if (!newer) return undefined;
  return {
    field: ['date'],
    code: 'OLDER_PERIOD',
    message: `The period of ${newer.invoiceDate} is closed and written already; ${date} would put old quantities into the PSA. Make a dry run to see them.`,
  };
}
