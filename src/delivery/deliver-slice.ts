import pMap from 'p-map';
import type { HeldLease } from '../db/leases.js';
import { PipelineName } from '../domain/runs/pipeline-name.js';
import { withLogFields } from '../observability/log.js';
import { inSpan } from '../observability/span.js';
import { wakeForUnplannedRuns } from '../runs/wake-for-unplanned-runs.js';
import { attemptDelivery } from './attempt-delivery.js';
import { claimDueDeliveries } from './claim-due-deliveries.sql.js';
import type { ClaimedDelivery } from './claimed-delivery.js';
import type { DeliveryDependencies } from './delivery-dependencies.js';
import { readDeliveryOptions } from './delivery-options.js';
import { inTurn } from './in-turn.js';
import type { OpenIntegration } from './open-integration.js';
import { attemptOutcome, type Outcome } from './outcome.js';
import { outcomeOfError, type Trouble } from './outcome-of-error.js';
import { OutcomeWriter } from './outcome-writer.js';
import { type PreparedDelivery, preparePage } from './prepare-page.js';
import { readPageFacts } from './read-page-facts.js';
import { recordOutcomes } from './record-outcomes.sql.js';

const pageSize = 100;
/** Attempts without any answer, in a row, that mean that the PSA is down. */
const silencesThatMeanDown = 3;

/**
 * Delivers what is due at an integration until nothing is, until its slice of time is over, until `stop`, or until
 * trouble that concerns the whole integration: that is returned. What was claimed and not attempted is handed back.
 * Rejects where outcomes could not be written: those attempts stay unsure.
 */
export async function deliverSlice(
  { orm, connections, logger, metrics, now, leaseMs, wakeUp }: DeliveryDependencies,
  { integration, adapter }: OpenIntegration,
  lease: HeldLease,
  stop: AbortSignal,
): Promise<Trouble | undefined> {
  // After this the other integrations have their turn.
  const sliceEnds = performance.now() + leaseMs / 3;
  let trouble: Trouble | undefined;
  let silences = 0;
  let triedQuantities = false;
  const over = () => trouble !== undefined || stop.aborted || performance.now() > sliceEnds;
  const writer = new OutcomeWriter(async outcomes => {
    const written = await recordOutcomes(orm.em.fork(), lease, outcomes, now());
    for (const { kind, outcome } of written) metrics.countAttempt(kind, attemptOutcome(outcome));
    triedQuantities ||= written.some(({ kind }) => kind === 'USAGE');
  });

  async function nextPage(): Promise<PreparedDelivery[]> {
    if (over()) return [];
    const em = orm.em.fork();
    const page = await claimDueDeliveries(em, lease, integration.id, now(), pageSize);
    if (page.length === 0) return [];
    const options = await readDeliveryOptions(em, integration.id);
    const facts = await readPageFacts(em, integration.id, page, options, now());
    return preparePage(adapter, page, facts, now());
  }

  /** What is due, an organization's deliveries together: they are sent one after the other, in their order. */
  async function* due(): AsyncGenerator<PreparedDelivery[]> {
    for (let next = nextPage(); ; ) {
      const page = await next;
      if (page.length === 0) return;
      // The next page is fetched while this one is delivered, unless this one already emptied the queue.
      if (page.length === pageSize) {
        next = nextPage();
        next.catch(() => {}); // it is awaited in the next round, and may fail before
      }
      yield* Map.groupBy(page, groupOf).values();
      if (page.length < pageSize) next = nextPage();
    }
  }

  async function attempt(prepared: PreparedDelivery): Promise<Outcome> {
    const { delivery } = prepared;
    if (over()) return handBack(delivery, now());
    try {
      const outcome = await attemptDelivery(adapter, prepared);
      silences = 0;
      return outcome;
    } catch (error) {
      const failed = outcomeOfError(error, delivery, now(), Math.random());
      logger.warn({ delivery: delivery.id, integration: integration.id, err: error }, 'an attempt failed');
      trouble ??= failed.trouble;
      silences = failed.unanswered ? silences + 1 : 0;
      if (failed.unanswered && silences >= silencesThatMeanDown) {
        trouble ??= { kind: 'REST', ...failed.unanswered };
      }
      return failed.outcome;
    }
  }

  function tracedAttempt(prepared: PreparedDelivery): Promise<Outcome> {
    const { id, kind } = prepared.delivery;
    const attributes = {
      'psa_bridge.integration.id': integration.id,
      'psa_bridge.delivery.id': id,
      'psa_bridge.delivery.kind': kind,
    };
    return withLogFields({ integration: integration.id, delivery: id }, () =>
      inSpan('delivery attempt', attributes, async span => {
        const outcome = await attempt(prepared);
        span.setAttribute('psa_bridge.delivery.outcome', attemptOutcome(outcome));
        return outcome;
      }),
    );
  }

  const { concurrency } = connections;
  const deliver = inTurn(groupOf, async (prepared: PreparedDelivery) =>
    writer.add(await tracedAttempt(prepared)),
  );
  await pMap(due(), deliver, { concurrency });
  await writer.finish();
  // No usage run is planned while quantities are being written.
  if (triedQuantities) await wakeForUnplannedRuns(orm.em.fork(), integration.id, PipelineName.USAGE, wakeUp);
  return trouble;
}

/** Deliveries that keep their order: those of one organization. */
function groupOf({ delivery }: PreparedDelivery): string {
  return delivery.organizationId ?? delivery.id;
}

/** Hands a claimed delivery back untouched. */
function handBack({ id, wasUnsure }: ClaimedDelivery, now: Date): Outcome {
  return { id, state: 'PENDING', nextAttemptAt: now, notTried: true, unsure: wasUnsure };
}
