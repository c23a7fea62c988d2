import { localDate } from '../../domain/calendar.js';
import { PipelineName, pipelineTerms } from '../../domain/runs/pipeline-name.js';
import { RunTrigger } from '../../domain/runs/sync-run.js';
import { rowsOf } from '../../domain/tables.js';
import { isInvoiceDate, latestInvoiceDate } from '../../domain/usage/billing-period.js';
import type { Pipeline } from '../pipeline.js';
import { planOrLeave } from './plan-or-leave.js';
import { usageSchedule } from './schedule.js';
import { readUsageVersion } from './usage-version.sql.js';

const minute = 60_000;

export const usagePipeline: Pipeline = {
  name: PipelineName.USAGE,
  description: 'On the invoice date: closes the billing period, sets quantities on agreements.',
  dateMeaning: 'the invoice date',
  problems: [
    '`BILLING_DISABLED` (`pipeline`: billing is off in the options; a dry run is possible)',
    '`ALREADY_RUNNING` (`pipeline`: a run that was started before is still to be planned; `run` is that run)',
    '`NOT_AN_INVOICE_DATE` (`date`)',
    '`OLDER_PERIOD` (`date`: a newer period is billed already; a dry run is possible)',
  ],

  schedule: ({ usageRunTime }) => usageSchedule(usageRunTime),

  defaultDate: ({ partner, now }) => latestInvoiceDate(localDate(now, partner.timeZone), partner.invoiceDay),

  disabled: ({ billingEnabled }) =>
    billingEnabled
      ? undefined
      : {
          field: ['pipeline'],
          code: 'BILLING_DISABLED',
          message: 'Billing is not enabled. Enable it in the options, or make a dry run.',
        },

  /** A scheduled date was an invoice date when it was set, even if the invoice day was changed since. */
  checkDate(date, { trigger, partner: { invoiceDay } }) {
    if (trigger === RunTrigger.SCHEDULE || isInvoiceDate(date, invoiceDay)) return undefined;
    const latest = latestInvoiceDate(date, invoiceDay);
    return {
      field: ['date'],
      code: 'NOT_AN_INVOICE_DATE',
      message: `${date} is not an invoice date: the invoice day is ${invoiceDay}. The invoice date before it is ${latest}.`,
    };
  },

  /** What would be billed if the period ended now. */
  dryRunLooksAhead: true,

  /** An older period's quantities must not overwrite a newer one's in the PSA. */
  async checkHistory(em, date, { integration, dryRun }) {
    if (dryRun) return undefined;
    const [newer] = await rowsOf(em, tables =>
      tables
        .selectFrom('usage_statement')
        .select('invoice_date')
        .where('integration_id', '=', integration.id)
        .where('invoice_date', '>', date)
        .orderBy('invoice_date', 'desc')
        .limit(1),
    );
    return (
      newer && {
        field: ['date'],
        code: 'OLDER_PERIOD',
        message: `The period of ${newer.invoice_date} is closed and written already; ${date} would put old quantities into the PSA. Make a dry run to see them.`,
      }
    );
  },

  planning: {
    how: 'BY_JOB',
    job: pipelineTerms.USAGE.job,
    /** Longer than resolving the places of some thousand companies takes. */
    leaseMs: 10 * minute,
    oneAtATime: true,
    plan: planOrLeave,
    isFree: async (em, integrationId) => (await readUsageVersion(em, integrationId)) !== undefined,
  },
};
