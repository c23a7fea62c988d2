import type { PipelineName } from '../runs/pipeline-name.js';
import type { Integration } from './integration.js';

/** The partner's own calendar, which its schedules go by. */
export interface PartnerCalendar {
  /** IANA name. */
  timeZone: string;
  /** 1 to 31; 31 means the last day of a shorter month. */
  invoiceDay: number;
}

/** A property of the integration that holds when the next run of a pipeline is due; null: none is. */
export type DueColumn = Exclude<Extract<keyof Integration, `next${string}At`>, 'nextProbeAt'>;

/** When an integration's runs of one pipeline are due, by its options and its partner's calendar. */
export interface Schedule {
  pipeline: PipelineName;
  dueColumn: DueColumn;
  /** The first instant after `now` at which a run is due; null while the options switch the pipeline off. */
  nextDue(options: Integration, calendar: PartnerCalendar, now: Date): Date | null;
  /** The dates to run at `now`, the oldest first, where a run is due since `dueAt`: each one that was missed. */
  datesSince(dueAt: Date, options: Integration, calendar: PartnerCalendar, now: Date): string[];
}
