import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { AdaptiveLimit, type Impression } from '../../../src/psa/adaptive-limit.js';

/** Requests that end when the test ends them. */
function answers(limit: AdaptiveLimit) {
  const open: ((impression: Impression) => void)[] = [];
  let most = 0;
  return {
    async ask(count: number) {
      for (let n = 0; n < count; n += 1) {
        void limit.run(
          () =>
            new Promise<Impression>(done => {
              open.push(done);
              most = Math.max(most, open.length);
            }),
          end => (typeof end === 'string' ? end : 'good'),
        );
      }
      await new Promise(setImmediate);
    },
    /** Ends this many of the open ones and lets the next ones start. */
    async end(count: number, impression: Impression) {
      for (const done of open.splice(0, count)) done(impression);
      await new Promise(setImmediate);
    },
    get open() {
      return open.length;
    },
    get most() {
      return most;
    },
  };
}

describe('the adaptive limit', () => {
  test('runs as many requests as the ceiling allows, and the next one when one ends', async () => {
    const site = answers(new AdaptiveLimit(3));
    await site.ask(5);
    expect(site.open).toBe(3);
    await site.end(1, 'good');
    expect(site.open).toBe(3);
    await site.end(3, 'good');
    expect(site.open).toBe(1);
  });

  test('halves when the site is overloaded, once for all requests that were sent before', async () => {
    const limit = new AdaptiveLimit(8);
    const site = answers(limit);
    await site.ask(8);
    await site.end(8, 'overloaded');
    expect(limit.current).toBe(4);
    await site.ask(4);
    await site.end(1, 'overloaded');
    expect(limit.current).toBe(2);
  });

  test('never falls below one', async () => {
    const limit = new AdaptiveLimit(2);
    const site = answers(limit);
    for (let n = 0; n < 5; n += 1) {
      await site.ask(1);
      await site.end(1, 'overloaded');
    }
    expect(limit.current).toBe(1);
  });

  test('grows by one after a round of good answers, up to the ceiling', async () => {
    const limit = new AdaptiveLimit(4);
    const site = answers(limit);
    await site.ask(4);
    await site.end(4, 'overloaded');
    await site.ask(40);
    await site.end(2, 'good');
    expect(limit.current).toBe(3);
    await site.end(3, 'good');
    expect(limit.current).toBe(4);
    while (site.open > 0) await site.end(4, 'good');
    expect(limit.current).toBe(4);
  });

  test('decreases by one when a round of answers takes far longer than the quickest', async () => {
    const clock = vi.spyOn(performance, 'now');
    const limit = new AdaptiveLimit(4);
    const site = answers(limit);
    const round = async (ms: number) => {
      clock.mockReturnValue(0);
      await site.ask(4);
      clock.mockReturnValue(ms);
      while (site.open > 0) await site.end(4, 'good');
    };
    await round(300);
    expect(limit.current).toBe(4);
    await round(5_000);
    expect(limit.current).toBe(3);
    clock.mockRestore();
  });

  test('does not decrease for a site that is always slow', async () => {
    const clock = vi.spyOn(performance, 'now');
    const limit = new AdaptiveLimit(4);
    const site = answers(limit);
    for (let n = 0; n < 3; n += 1) {
      clock.mockReturnValue(0);
      await site.ask(4);
      clock.mockReturnValue(20_000);
      await site.end(4, 'good');
    }
    expect(limit.current).toBe(4);
    clock.mockRestore();
  });

  test('stays between one and the ceiling, and runs everything, whatever the answers are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.constantFrom<Impression>('good', 'overloaded'), { minLength: 1, maxLength: 60 }),
        async (ceiling, ends) => {
          const limit = new AdaptiveLimit(ceiling);
          const site = answers(limit);
          await site.ask(ends.length);
          for (const impression of ends) {
            expect(site.open).toBeGreaterThan(0);
            await site.end(1, impression);
            expect(limit.current).toBeGreaterThanOrEqual(1);
            expect(limit.current).toBeLessThanOrEqual(ceiling);
          }
          expect(site.open).toBe(0);
          expect(site.most).toBeLessThanOrEqual(ceiling);
        },
      ),
    );
  });
});
