import { describe, expect, it } from 'vitest';
import { IntegrationStatus } from '../../../src/domain/integrations/integration.js';
import {
  connected,
  disconnected,
  needsAttention,
  paused,
  probed,
  resting,
  resumed,
  type StatusChange,
  type StatusFields,
} from '../../../src/domain/integrations/status.js';

const { CONNECTED, PAUSED, NEEDS_ATTENTION } = IntegrationStatus;
const now = new Date('2026-11-23T12:00:00Z');
const earlier = new Date('2026-11-23T11:00:00Z');
const later = new Date('2026-11-23T13:00:00Z');
const inMinutes = (minutes: number) => new Date(now.getTime() + minutes * 60_000);

/** Every field has a value, so that a test shows what a transition clears and what it leaves. */
const full = (changes: StatusChange = {}): StatusFields => ({
  status: CONNECTED,
  statusReason: 'a reason',
  nextProbeAt: later,
  probes: 3,
  restingUntil: later,
  credentials: 'sealed',
  disconnectedAt: null,
  ...changes,
});

const works = { status: CONNECTED, statusReason: null, nextProbeAt: null, probes: 0 };

describe('a transition of an integration’s status sets these fields and no others', () => {
  it.each<[what: string, change: StatusChange | undefined, sets: StatusChange | undefined]>([
    ['connected, when it works: nothing', connected(full()), { disconnectedAt: null }],
    ['connected, when paused: nothing', connected(full({ status: PAUSED })), { disconnectedAt: null }],
    [
      'connected, when it needs attention: it works, and the rest ends',
      connected(full({ status: NEEDS_ATTENTION })),
      { ...works, restingUntil: null, disconnectedAt: null },
    ],
    [
      'connected, when disconnected: it works, and the rest ends',
      connected(full({ disconnectedAt: earlier })),
      { ...works, restingUntil: null, disconnectedAt: null },
    ],
    [
      'connected, when disconnected while paused: it works',
      connected(full({ status: PAUSED, disconnectedAt: earlier })),
      { ...works, restingUntil: null, disconnectedAt: null },
    ],
    [
      'paused: it is not probed',
      paused(),
      { status: PAUSED, statusReason: expect.stringContaining('Resume'), nextProbeAt: null },
    ],
    ['resumed: it works, and the rest ends', resumed(), { ...works, restingUntil: null }],
    [
      'needs attention, when it works: it is probed in a minute',
      needsAttention(full(), 'why', now),
      { status: NEEDS_ATTENTION, statusReason: 'why', nextProbeAt: inMinutes(1), probes: 0 },
    ],
    [
      'needs attention, when paused: nothing',
      needsAttention(full({ status: PAUSED }), 'why', now),
      undefined,
    ],
    [
      'needs attention, when it does already: the first reason stays',
      needsAttention(full({ status: NEEDS_ATTENTION }), 'why', now),
      undefined,
    ],
    [
      'needs attention, when disconnected: nothing',
      needsAttention(full({ disconnectedAt: earlier }), 'why', now),
      undefined,
    ],
    ['probed well: it works', probed(full({ status: NEEDS_ATTENTION }), undefined, now), works],
    [
      'probed and still wrong: it is probed again later',
      probed(full({ status: NEEDS_ATTENTION, probes: 3 }), 'still', now),
      { statusReason: 'still', nextProbeAt: inMinutes(16), probes: 4 },
    ],
    ['probed, when paused meanwhile: nothing', probed(full({ status: PAUSED }), undefined, now), undefined],
    ['probed, when resumed meanwhile: nothing', probed(full(), 'still', now), undefined],
    [
      'probed, when disconnected meanwhile: nothing',
      probed(full({ status: NEEDS_ATTENTION, disconnectedAt: earlier }), undefined, now),
      undefined,
    ],
    ['resting', resting(later), { restingUntil: later }],
    ['the PSA answers again', resting(null), { restingUntil: null }],
    [
      'disconnected: credentials and the next probe are erased, the rest stays',
      disconnected(now),
      { credentials: null, disconnectedAt: now, nextProbeAt: null },
    ],
  ])('%s', (_what, change, sets) => {
    expect(change).toEqual(sets);
  });
});

describe('an integration that needs attention', () => {
  it('is probed after 1, 2, 4, 8, 16 minutes, then every half hour', () => {
    let fields = full({ ...needsAttention(full(), 'why', now) });
    const pauses = [fields.nextProbeAt];
    for (let n = 0; n < 6; n += 1) {
      fields = { ...fields, ...probed(fields, 'still', now) };
      pauses.push(fields.nextProbeAt);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30].map(inMinutes));
  });
});
