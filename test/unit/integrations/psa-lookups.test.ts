import { describe, expect, it } from 'vitest';
import type { Integration } from '../../../src/domain/integrations/integration.js';
import type { PsaConnections } from '../../../src/integrations/psa-connections.js';
import { PsaLookups } from '../../../src/integrations/psa-lookups.js';

const integration = (changes: Partial<Integration> = {}) =>
  ({ id: 'i1', credentials: 'sealed', ...changes }) as Integration;

/** A PSA with a new board name in each answer, which shows whether the PSA was asked. */
function lookups() {
  const state = { now: Date.parse('2026-11-23T12:00:00Z'), asked: 0, fails: false };
  const adapter = {
    async listServiceBoards() {
      state.asked += 1;
      if (state.fails) throw new Error('does not answer');
      return [];
    },
  };
  const connections = { adapterFor: () => adapter } as unknown as PsaConnections;
  return { state, lookups: new PsaLookups(connections, () => new Date(state.now)) };
}

describe('a lookup in a PSA', () => {
  it('is answered from the cache for a minute', async () => {
    const { state, lookups: psa } = lookups();
    await psa.serviceBoards(integration());
    state.now += 59_999;
    await psa.serviceBoards(integration());
    expect(state.asked).toBe(1);
    state.now += 2;
    await psa.serviceBoards(integration());
    expect(state.asked).toBe(2);
  });

  it('is requested once for two callers at the same moment', async () => {
    const { state, lookups: psa } = lookups();
    await Promise.all([psa.serviceBoards(integration()), psa.serviceBoards(integration())]);
    expect(state.asked).toBe(1);
  });

  it.each([
    ['another integration', { id: 'i2' }],
    ['new credentials', { credentials: 'sealed anew' }],
  ])('is requested again for %s', async (_what, changes) => {
    const { state, lookups: psa } = lookups();
    await psa.serviceBoards(integration());
    await psa.serviceBoards(integration(changes));
    expect(state.asked).toBe(2);
  });

  it('that failed is requested again', async () => {
    const { state, lookups: psa } = lookups();
    state.fails = true;
    await expect(psa.serviceBoards(integration())).rejects.toThrow('does not answer');
    state.fails = false;
    await psa.serviceBoards(integration());
    expect(state.asked).toBe(2);
  });
});
