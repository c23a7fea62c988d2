import { afterAll, expect, test } from 'vitest';
import { guardedPools } from '../../../src/psa/guarded-pools.js';

const pools = guardedPools({ allowedHosts: [] });
afterAll(() => pools.close());

test('connections of up to 500 sites are kept; then those of the least recently used site are closed', () => {
  const site = (n: number) => pools.for(new URL(`https://psa-${n}.example/path`));
  const [first, second] = [site(1), site(2)];
  for (let n = 3; n <= 500; n += 1) site(n);
  expect(site(1)).toBe(first);
  site(501);
  expect(site(1)).toBe(first);
  expect(site(2)).not.toBe(second);
});
