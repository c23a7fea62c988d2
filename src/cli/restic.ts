import { hostname } from 'node:os';
import type { BackupJobInput } from '../gql/typed.js';

export interface ResticJob {
  organizationExternalId: string;
  jobName: string;
  device?: string;
  /** When reading began; the start of the backup where restic does not report it. */
  startedAt: Date;
}

interface ResticMessage {
  message_type?: string;
  /** summary: since restic 0.17 also backup_start and backup_end; total_duration is in seconds. */
  snapshot_id?: string;
  total_duration?: number;
  total_bytes_processed?: number;
  total_files_processed?: number;
  files_new?: number;
  files_changed?: number;
  backup_start?: string;
  backup_end?: string;
  /** error */
  error?: { message?: string } | string;
  item?: string;
  during?: string;
  /** exit_error, since restic 0.17 */
  code?: number;
  message?: string;
}

/** Whether a value is a message of `restic backup --json`: each of them names its type. */
export function isResticMessage(value: unknown): value is ResticMessage {
  return typeof value === 'object' && value !== null && 'message_type' in value;
}

/**
 * Follows one `restic backup --json` to its end and derives its job result: SUCCESS with a summary, WARNING with a
 * summary and errors on single files, ERROR without a summary.
 */
export class ResticRun {
  readonly #errors: string[] = [];
  #summary: ResticMessage | undefined;

  constructor(private readonly job: ResticJob) {}

  /** Takes the next message, or a line that is not a message, such as restic's final error. */
  take(message: ResticMessage | string): void {
    if (typeof message === 'string') this.#errors.push(message);
    else if (message.message_type === 'summary') this.#summary = message;
    else if (message.message_type === 'error' || message.message_type === 'exit_error')
      this.#errors.push(errorText(message));
  }

  result(endOfInput: Date): BackupJobInput {
    const summary = this.#summary;
    const endedAt = summary?.backup_end ? new Date(summary.backup_end) : endOfInput;
    const startedAt = summary?.backup_start
      ? new Date(summary.backup_start)
      : summary?.total_duration !== undefined
        ? new Date(endedAt.getTime() - summary.total_duration * 1000)
        : this.job.startedAt;
    const device = this.job.device ?? hostname();
    return {
      externalId: summary?.snapshot_id
        ? `restic:${summary.snapshot_id}`
        : `restic:${device}:${this.job.jobName}:${startedAt.toISOString()}`.slice(0, 200),
      organizationExternalId: this.job.organizationExternalId,
      jobName: this.job.jobName,
      device,
      status: summary ? (this.#errors.length > 0 ? 'WARNING' : 'SUCCESS') : 'ERROR',
      startedAt: startedAt.toISOString(),
      endedAt: endedAt.toISOString(),
      protectedBytes: summary?.total_bytes_processed?.toFixed(0),
      message: [summary ? counts(summary) : 'restic ended without a summary.', ...this.#errors].join('\n'),
    };
  }
}

function counts(summary: ResticMessage): string {
  return `${summary.total_files_processed ?? 0} files, ${summary.files_new ?? 0} new, ${summary.files_changed ?? 0} changed.`;
}

function errorText({ error, item, message }: ResticMessage): string {
  const text = typeof error === 'string' ? error : (error?.message ?? message ?? 'an error without text');
  return item ? `${item}: ${text}` : text;
}
