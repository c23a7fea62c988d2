import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PsaPlugin } from './adapter.js';

const pluginsFolder = new URL('../../plugins/', import.meta.url);

/**
 * Loads the plugins of the `plugins` folder, and those of the named npm packages. Each exports `plugin`.
 * Throws when one cannot be loaded, or two have the same id: better no start than a missing PSA.
 */
export async function loadPlugins({
  packages = [],
}: {
  packages?: readonly string[];
} = {}): Promise<ReadonlyMap<string, PsaPlugin>> {
  const plugins = new Map<string, PsaPlugin>();
  for (const source of [...ownPlugins(), ...packages]) {
    const { plugin } = (await import(source)) as { plugin?: PsaPlugin };
    if (!plugin?.id) throw new Error(`${source} exports no PSA plugin`);
    if (plugins.has(plugin.id)) throw new Error(`two plugins are called "${plugin.id}"`);
    plugins.set(plugin.id, plugin);
  }
  return plugins;
}

/** Compiled they end in .js; tests load the sources. */
function ownPlugins(): string[] {
  return readdirSync(fileURLToPath(pluginsFolder), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .sort((a, b) => a.name.localeCompare(b.name))
    .flatMap(folder =>
      ['plugin.js', 'plugin.ts']
        .map(file => new URL(`${folder.name}/${file}`, pluginsFolder).href)
        .filter(url => existsSync(fileURLToPath(url))),
    );
}
