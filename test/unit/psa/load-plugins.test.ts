import { expect, it } from 'vitest';
import { loadPlugins } from '../../../src/psa/load-plugins.js';

const module = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
const plugin = (more: object) =>
  module(`export const plugin = ${JSON.stringify({ id: 'examplepsa', capabilities: [], ...more })}`);

it('finds the plugins of the folder, and those of the named packages', async () => {
  const plugins = await loadPlugins({ packages: [plugin({})] });
  expect([...plugins.keys()]).toEqual(expect.arrayContaining(['connectwise', 'examplepsa']));
});

it.each([
  ['exports no plugin', module('export const other = 1'), /exports no PSA plugin/],
  ['has the id of another', plugin({ id: 'connectwise' }), /Two plugins have the id "connectwise"/],
  [
    'declares a capability that is only reserved',
    plugin({ capabilities: ['TICKETS', 'DOCUMENTS'] }),
    /unknown capabilities: DOCUMENTS/,
  ],
  ['does not exist', 'psa-bridge-no-such-plugin', /psa-bridge-no-such-plugin/],
])('rejects a package that %s', async (_what, source, message) => {
  await expect(loadPlugins({ packages: [source] })).rejects.toThrow(message);
});
