import { PipelineName, pipelineTerms } from '../../domain/runs/pipeline-name.js';
import type { Pipeline } from '../pipeline.js';
import { planDigestRun } from './plan-digest-run.js';
import { digestSchedule, latestDigestDate } from './schedule.js';

const minute = 60_000;

export const digestPipeline: Pipeline = {
  name: PipelineName.DIGEST,
  description: 'Once a day: a ticket that sums up the day before, for each mapped organization.',
  dateMeaning: 'the day to sum up',
  problems: ['`DIGEST_DISABLED` (`pipeline`: the daily digest is off in the options; a dry run is possible)'],

  schedule: () => digestSchedule,

  defaultDate: ({ integration, partner, now }) => latestDigestDate(integration, partner, now),

  disabled: ({ dailyDigestEnabled }) =>
    dailyDigestEnabled
      ? undefined
      : {
          field: ['pipeline'],
          code: 'DIGEST_DISABLED',
          message: 'The daily digest is not enabled. Enable it in the options, or make a dry run.',
        },

  checkDate: () => undefined,
  dryRunLooksAhead: false,

  planning: {
    how: 'BY_JOB',
    job: pipelineTerms.DIGEST.job,
    leaseMs: 5 * minute,
    oneAtATime: false,
    async plan({ orm, now, wakeUp }, run, integration) {
      const partner = integration.partner.unwrap();
      await planDigestRun(orm.em.fork(), run, integration, partner, { now: now(), wakeUp });
      return true;
    },
  },
};
