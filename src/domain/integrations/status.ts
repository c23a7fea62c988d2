import { type Integration, IntegrationStatus } from './integration.js';

/** The fields that say whether an integration works, why not, and when it is tried again. */
export type StatusFields = Pick<
  Integration,
  'status' | 'statusReason' | 'nextProbeAt' | 'probes' | 'restingUntil' | 'credentials' | 'disconnectedAt'
>;

/** What a transition sets; a field that is left out stays as it is. */
export type StatusChange = Partial<StatusFields>;

const minute = 60_000;

const works = {
  status: IntegrationStatus.CONNECTED,
  statusReason: null,
  nextProbeAt: null,
  probes: 0,
} satisfies StatusChange;

/**
 * Credentials were entered and passed the checks. One that was disconnected or needed attention works again. A paused
 * one stays paused, and one whose PSA asked for a rest keeps it.
 */
export function connected({ status, disconnectedAt }: StatusFields): StatusChange {
  return disconnectedAt || status === IntegrationStatus.NEEDS_ATTENTION
    ? { ...works, restingUntil: null, disconnectedAt: null }
    : { disconnectedAt: null };
}

/** A person stopped it: nothing is delivered or probed until it is resumed. */
export function paused(): StatusChange {
  return {
    status: IntegrationStatus.PAUSED,
    statusReason: 'Paused by a person. Resume it to send its deliveries.',
    nextProbeAt: null,
  };
}

/** A person resumes it at once, even if its PSA asked to wait. */
export function resumed(): StatusChange {
  return { ...works, restingUntil: null };
}

/**
 * The PSA refuses the login, or a right is missing. Undefined for one that is not connected: what a person decided
 * meanwhile, or an earlier reason, stays.
 */
export function needsAttention(
  { status, disconnectedAt }: StatusFields,
  reason: string,
  now: Date,
): StatusChange | undefined {
  if (status !== IntegrationStatus.CONNECTED || disconnectedAt) return undefined;
  return {
    status: IntegrationStatus.NEEDS_ATTENTION,
    statusReason: reason,
    nextProbeAt: nextProbeAt(now, 0),
    probes: 0,
  };
}

/**
 * It needed attention and was tried again; `failure` says what is still wrong. Undefined where a person paused, resumed
 * or disconnected it while it was tried.
 */
export function probed(
  { status, disconnectedAt, probes }: StatusFields,
  failure: string | undefined,
  now: Date,
): StatusChange | undefined {
  if (status !== IntegrationStatus.NEEDS_ATTENTION || disconnectedAt) return undefined;
  if (failure === undefined) return works;
  return { statusReason: failure, nextProbeAt: nextProbeAt(now, probes + 1), probes: probes + 1 };
}

/** The PSA asked to slow down or does not answer: nothing is tried before `until`. Null: it answers again. */
export function resting(until: Date | null): StatusChange {
  return { restingUntil: until };
}

/** A person ended it. Its credentials are erased; its row stays, with the knowledge of what was delivered. */
export function disconnected(now: Date): StatusChange {
  return { credentials: null, disconnectedAt: now, nextProbeAt: null };
}

/** After `probes` failed probes the next one comes in 1, 2, 4, 8, 16, then every 30 minutes. */
function nextProbeAt(now: Date, probes: number): Date {
  return new Date(now.getTime() + Math.min(2 ** probes, 30) * minute);
}
