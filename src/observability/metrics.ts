import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { DeliveryKind, type DeliveryKindName } from '../domain/deliveries/delivery.js';
import { IntegrationStatus } from '../domain/integrations/integration.js';
import type { WorkState } from './work-state.js';

/** What was reported to the API. */
export type ReportedKind = 'partner' | 'organization' | 'usage_record' | 'backup_job';
/** RETRY: another attempt follows. NOT_TRIED: no attempt was made, for example because the PSA asks to slow down. */
export type AttemptOutcome = 'DELIVERED' | 'RETRY' | 'NOT_TRIED' | 'HELD' | 'SKIPPED' | 'FAILED';

const kinds = Object.values(DeliveryKind);
const outcomes: readonly AttemptOutcome[] = ['DELIVERED', 'RETRY', 'NOT_TRIED', 'HELD', 'SKIPPED', 'FAILED'];
const openStates = ['PENDING', 'HELD', 'FAILED'] as const;
const statuses = Object.values(IntegrationStatus);
const reportedKinds: readonly ReportedKind[] = ['partner', 'organization', 'usage_record', 'backup_job'];
const results = ['accepted', 'duplicate', 'rejected'] as const;

/**
 * The metrics of one service instance, for Prometheus. Every label is one of a few fixed words: nothing that names a
 * partner, a record or a host may become a label. docs/operating.md lists names and units.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];

  readonly #databaseUp = this.#gauge('psa_bridge_database_up', 'Whether the database answered this scrape.');
  readonly #deliveries = this.#gauge(
    'psa_bridge_deliveries',
    'Deliveries that are not done, of all integrations that are not disconnected; the same from every process.',
    ['kind', 'state'],
  );
  readonly #oldestDue = this.#gauge(
    'psa_bridge_oldest_due_delivery_age_seconds',
    'How long the oldest delivery that a worker could deliver now has been due; the same from every process.',
    ['kind'],
  );
  readonly #integrations = this.#gauge(
    'psa_bridge_integrations',
    'Integrations that are not disconnected; the same from every process.',
    ['status'],
  );
  readonly #attempts = this.#counter(
    'psa_bridge_delivery_attempts_total',
    'Delivery attempts whose outcome was recorded.',
    ['kind', 'outcome'],
  );
  readonly #rows = this.#counter('psa_bridge_reported_rows_total', 'Rows that backup platforms reported.', [
    'kind',
    'result',
  ]);
  readonly #psaRequests = this.#histogram(
    'psa_bridge_psa_request_duration_seconds',
    'Requests to PSAs, by status class; "none" where no complete answer arrived.',
    ['psa', 'method', 'status'],
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60],
  );
  readonly #jobLag = this.#histogram(
    'psa_bridge_job_lag_seconds',
    'Time between the due time of an Agenda job and its start.',
    ['job_name'],
    [0.01, 0.05, 0.25, 1, 2.5, 5, 15, 60, 300, 1800],
  );
  readonly #jobs = this.#histogram(
    'psa_bridge_job_duration_seconds',
    'Duration of Agenda jobs.',
    ['job_name', 'failed'],
    [0.01, 0.05, 0.25, 1, 2.5, 5, 10, 20, 60, 300],
  );
  readonly #operations = this.#histogram(
    'psa_bridge_graphql_operation_duration_seconds',
    'GraphQL operations; for a subscription, each event that was answered. "unknown": the request could not be read.',
    ['type', 'errors'],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  );

  /** `readWork` is called at every scrape; where it rejects, the metrics from the database are left out. */
  constructor(private readonly readWork: () => Promise<WorkState>) {
    collectDefaultMetrics({ register: this.#registry });
    // rate() does not see the event with which a series begins, so every series begins at zero.
    for (const kind of kinds) for (const outcome of outcomes) this.#attempts.inc({ kind, outcome }, 0);
    for (const kind of reportedKinds) for (const result of results) this.#rows.inc({ kind, result }, 0);
  }

  countAttempt(kind: DeliveryKindName, outcome: AttemptOutcome): void {
    this.#attempts.inc({ kind, outcome });
  }

  countReport(
    kind: ReportedKind,
    report: { accepted: number; duplicates: number; rejected: unknown[] },
  ): void {
    this.#rows.inc({ kind, result: 'accepted' }, report.accepted);
    this.#rows.inc({ kind, result: 'duplicate' }, report.duplicates);
    this.#rows.inc({ kind, result: 'rejected' }, report.rejected.length);
  }

  /** `psa` is the plugin's id; `status` is undefined where no complete answer arrived. */
  observePsaRequest(psa: string, method: string, status: number | undefined, seconds: number): void {
    this.#psaRequests.observe({ psa, method, status: statusClass(status) }, seconds);
  }

  observeJobLag(job: string, seconds: number): void {
    this.#jobLag.observe({ job_name: job }, Math.max(0, seconds));
  }

  observeJob(job: string, failed: boolean, seconds: number): void {
    this.#jobs.observe({ job_name: job, failed: String(failed) }, seconds);
  }

  observeOperation(
    type: 'query' | 'mutation' | 'subscription' | 'unknown',
    errors: boolean,
    seconds: number,
  ): void {
    this.#operations.observe({ type, errors: String(errors) }, seconds);
  }

  /** All metrics in Prometheus' text format. Never rejects because of the database. */
  async scrape(): Promise<{ contentType: string; text: string }> {
    const work = await this.readWork().catch(() => undefined);
    this.#databaseUp.set(work ? 1 : 0);
    this.#deliveries.reset();
    this.#oldestDue.reset();
    this.#integrations.reset();
    if (work) this.#show(work);
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #show(work: WorkState): void {
    for (const kind of kinds) {
      for (const state of openStates) this.#deliveries.set({ kind, state }, 0);
      this.#oldestDue.set({ kind }, 0);
    }
    for (const status of statuses) this.#integrations.set({ status }, 0);
    for (const { kind, state, count, oldestDueSeconds } of work.deliveries) {
      this.#deliveries.set({ kind, state }, count);
      if (state === 'PENDING') this.#oldestDue.set({ kind }, oldestDueSeconds ?? 0);
    }
    for (const { status, count } of work.integrations) this.#integrations.set({ status }, count);
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: this.#registers });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: this.#registers });
  }

  #histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram {
    return new Histogram({ name, help, labelNames, buckets, registers: this.#registers });
  }
}

function statusClass(status: number | undefined): string {
  if (status === undefined) return 'none';
  return status === 429 ? '429' : `${Math.floor(status / 100)}xx`;
}
