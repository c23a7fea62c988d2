import { PipelineName } from '../../domain/runs/pipeline-name.js';
import type { Pipeline } from '../pipeline.js';
import { planEventsRun } from './plan-events-run.js';

/** Job results are planned where they are reported; a run that a person starts looks for what that left out. */
export const eventsPipeline: Pipeline = {
  name: PipelineName.EVENTS,
  description: 'When job results arrive: a ticket for each that wants one.',
  dateMeaning: 'the day on which the results ended; null: all results that have no ticket',
  problems: [],

  schedule: null,
  /** All results that have no ticket. */
  defaultDate: () => null,
  disabled: () => undefined,
  checkDate: () => undefined,
  dryRunLooksAhead: false,

  planning: {
    how: 'AT_ONCE',
    plan: (em, run, { integration, partner, now }) => planEventsRun(em, run, integration, partner, now),
  },
};
