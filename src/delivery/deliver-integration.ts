import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import pMap from 'p-map';
import type { Logger } from 'pino';
import { type HeldLease, releaseLease, renewLease, takeLease } from '../db/leases.js';
import { query } from '../db/sql.js';
import { Integration, IntegrationStatus } from '../domain/integrations/integration.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { needAttention, probeIntegration } from '../integrations/attention.js';
import type { PsaConnections } from '../integrations/psa-connections.js';
import { withLogFields } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import { inSpan } from '../observability/span.js';
import type { PsaAdapter } from '../psa/adapter.js';
import { withWriteRight } from '../psa/write-right.js';
import { finishRuns } from '../runs/finish-runs.js';
import { attemptDelivery } from './attempt-delivery.js';
import { claimDueDeliveries } from './claim-due-deliveries.js';
import { leaveToSettle } from './leave-to-settle.js';
import { outcomeOfError, type Trouble } from './outcome-of-error.js';
import { OutcomeWriter } from './outcome-writer.js';
import { type PreparedDelivery, preparePage } from './prepare-page.js';
import { attemptOutcome, type Outcome, recordOutcomes } from './record-outcomes.js';
import type { TicketOptions } from './ticket-draft.js';

export interface DeliverySurroundings {
  orm: MikroORM;
  connections: PsaConnections;
  logger: Logger;
  metrics: Metrics;
  now(): Date;
  /** Names this process in leases. */
  owner: string;
  /** How long a worker that gives no sign of life keeps its work; a third of it is one slice. */
  leaseMs: number;
  wakeUp: WakeUp;
}

const pageSize = 100;
/** Attempts without any answer, in a row, that mean that the PSA is down. */
const silencesThatMeanDown = 3;

/**
 * Delivers what is due at one integration, for a slice of time, alone: under the integration's lease. Returns
 * when to look again, null if only a new wake-up can bring work. Never throws for what a PSA does.
 */
export async function deliverIntegration(
  surroundings: DeliverySurroundings,
  integrationId: string,
  stop: AbortSignal,
): Promise<Date | null> {
  const { orm, leaseMs } = surroundings;
  const em = orm.em.fork();
  const asked = performance.now();
  const lease = await takeLease(em, `deliver:${integrationId}`, surroundings.owner, leaseMs);
  // Whoever holds it looks once more after giving it back; if it died, the tick has somebody look.
  if (!lease) return null;
  const right = { until: asked + leaseMs };
  const lost = new AbortController();
  const renewal = setInterval(() => {
    const until = performance.now() + leaseMs;
    renewLease(orm.em.fork(), lease, leaseMs).then(
      kept => {
        if (kept) right.until = until;
        else lost.abort();
      },
      () => lost.abort(),
    );
  }, leaseMs / 3);
  try {
    if (lease.ranOutAt) await leaveToSettle(em, integrationId, lease.ranOutAt);
    await withWriteRight(right, () =>
      workSlice(surroundings, em, lease, integrationId, AbortSignal.any([stop, lost.signal])),
    );
  } finally {
    clearInterval(renewal);
    right.until = 0;
    await releaseLease(em, lease);
  }
  // Only now: whoever added work while we held the lease was told that we have it.
  return nextLook(em, integrationId);
}

async function workSlice(
  surroundings: DeliverySurroundings,
  em: EntityManager,
  lease: HeldLease,
  integrationId: string,
  stop: AbortSignal,
): Promise<void> {
  const { connections, now, logger, metrics, wakeUp } = surroundings;
  const integration = await em.findOne(
    Integration,
    { id: integrationId, disconnectedAt: null },
    { populate: ['partner'] },
  );
  if (!integration || integration.status === IntegrationStatus.PAUSED) return;
  if (integration.restingUntil && integration.restingUntil > now()) return;
  let adapter: PsaAdapter;
  try {
    adapter = connections.adapterFor(integration);
  } catch (error) {
    logger.error({ integration: integrationId, err: error }, 'the connection cannot be opened');
    await needAttention(em, integrationId, 'The stored credentials cannot be opened. Enter them again.', {
      now: now(),
      wakeUp,
    });
    return;
  }
  if (integration.status === IntegrationStatus.NEEDS_ATTENTION) {
    if (!integration.nextProbeAt || integration.nextProbeAt > now()) return;
    if (!(await probeIntegration(em, integration, adapter, now()))) return;
  }
  const options = ticketOptions(integration);
  // After this the others have their turn.
  const sliceEnds = performance.now() + surroundings.leaseMs / 3;
  let trouble: Trouble | undefined;
  let silences = 0;
  const over = () => trouble !== undefined || stop.aborted || performance.now() > sliceEnds;
  const writer = new OutcomeWriter(async outcomes => {
    const written = await recordOutcomes(em.fork(), lease, outcomes, now());
    for (const { kind, outcome } of written) metrics.countAttempt(kind, attemptOutcome(outcome));
  });

  async function claimPage(): Promise<PreparedDelivery[]> {
    if (over()) return [];
    const page = await claimDueDeliveries(em.fork(), lease, integrationId, now(), pageSize);
    return preparePage(adapter, page, { createMissing: integration!.createMissingAdditions, now: now() });
  }

  /** What is due, an organization's deliveries together: they go out one after the other, in their order. */
  async function* claimed(): AsyncGenerator<PreparedDelivery[]> {
    for (let next = claimPage(); ; ) {
      const page = await next;
      if (page.length === 0) return;
      // The next page is fetched while this one is delivered, unless this one already emptied the queue.
      if (page.length === pageSize) {
        next = claimPage();
        next.catch(() => {}); // it is awaited in the next round, and may fail before
      }
      yield* Map.groupBy(page, delivery => delivery.organizationId ?? delivery.id).values();
      if (page.length < pageSize) next = claimPage();
    }
  }

  async function attempt(delivery: PreparedDelivery): Promise<Outcome> {
    if (over()) return giveBack(delivery, now());
    try {
      const outcome = await attemptDelivery(adapter, delivery, options);
      silences = 0;
      return outcome;
    } catch (error) {
      const failed = outcomeOfError(error, delivery, now(), Math.random());
      logger.warn({ delivery: delivery.id, integration: integrationId, err: error }, 'an attempt failed');
      trouble ??= failed.trouble;
      silences = failed.unreachable ? silences + 1 : 0;
      if (silences >= silencesThatMeanDown && failed.outcome.nextAttemptAt) {
        trouble ??= { kind: 'REST', until: failed.outcome.nextAttemptAt, reason: failed.outcome.error! };
      }
      return failed.outcome;
    }
  }

  function watchedAttempt(delivery: PreparedDelivery): Promise<Outcome> {
    const { id, kind } = delivery;
    const attributes = {
      'psa_bridge.integration.id': integrationId,
      'psa_bridge.delivery.id': id,
      'psa_bridge.delivery.kind': kind,
    };
    return withLogFields({ integration: integrationId, delivery: id }, () =>
      inSpan('delivery attempt', attributes, async span => {
        const outcome = await attempt(delivery);
        span.setAttribute('psa_bridge.delivery.outcome', attemptOutcome(outcome));
        return outcome;
      }),
    );
  }

  const { concurrency } = connections;
  await pMap(
    claimed(),
    deliverInTurn(async delivery => writer.add(await watchedAttempt(delivery))),
    { concurrency },
  );
  await writer.finish();
  await settle(em, integration, trouble, { now: now(), wakeUp });
}

/** One after the other within an organization, also from one page to the next. */
function deliverInTurn(
  deliver: (delivery: PreparedDelivery) => Promise<void>,
): (ofOneOrganization: PreparedDelivery[]) => Promise<void> {
  const busy = new Map<string, Promise<void>>();
  return async deliveries => {
    const key = deliveries[0]!.organizationId ?? deliveries[0]!.id;
    const before = busy.get(key);
    const mine = (async () => {
      await before;
      for (const delivery of deliveries) await deliver(delivery);
    })();
    busy.set(key, mine);
    await mine.finally(() => {
      if (busy.get(key) === mine) busy.delete(key);
    });
  };
}

function ticketOptions(integration: Integration): TicketOptions {
  const { serviceBoard, serviceType, serviceSubtype, prioritySuccess, priorityWarning, priorityError } =
    integration;
  const { timeZone } = integration.partner.unwrap();
  return {
    timeZone,
    serviceBoard,
    serviceType,
    serviceSubtype,
    prioritySuccess,
    priorityWarning,
    priorityError,
  };
}

/** Hands a claimed delivery back untouched. */
function giveBack(delivery: PreparedDelivery, now: Date): Outcome {
  return {
    id: delivery.id,
    state: 'PENDING',
    nextAttemptAt: now,
    notTried: true,
    unsure: delivery.wasUnsure,
  };
}

async function settle(
  em: EntityManager,
  integration: Integration,
  trouble: Trouble | undefined,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  if (trouble?.kind === 'NEEDS_ATTENTION')
    await needAttention(em, integration.id, trouble.reason, { now, wakeUp });
  const restingUntil = trouble?.kind === 'REST' ? trouble.until : null;
  if (restingUntil || integration.restingUntil) {
    await query(em, 'update integration set resting_until = $2 where id = $1', [
      integration.id,
      restingUntil,
    ]);
  }
  if (trouble?.kind === 'REST') {
    await query(em, `update sync_run set error = $2 where integration_id = $1 and state = 'RUNNING'`, [
      integration.id,
      trouble.reason,
    ]);
  }
  await finishRuns(em, integration.id, { now, wakeUp });
}

/** When something is due next; null while the integration does not deliver. */
async function nextLook(em: EntityManager, integrationId: string): Promise<Date | null> {
  const [due] = await query<{ at: string | null }>(
    em,
    `select case i.status
       when 'CONNECTED' then greatest(i.resting_until,
         (select min(next_attempt_at) from delivery where integration_id = i.id and state = 'PENDING'))
       when 'NEEDS_ATTENTION' then i.next_probe_at end as at
     from integration i where i.id = $1 and i.disconnected_at is null
       and (i.status <> 'CONNECTED' or exists (
         select 1 from delivery where integration_id = i.id and state = 'PENDING'))`,
    [integrationId],
  );
  return due?.at ? new Date(due.at) : null;
}
