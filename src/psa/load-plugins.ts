import { existsSync, readdirSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { PsaPlugin } from './adapter.js';
import { psaCapabilities } from './capabilities.js';
import { installedPlugin } from './installed-plugin.js';

const pluginsFolder = new URL('../../plugins/', import.meta.url);

/** What plugins import, and the module of this process that stands for it. */
const pluginEntry = {
  specifier: 'psa-bridge/plugin',
  url: new URL(`./plugin${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href,
};

/**
 * Loads the plugins of the folder `plugins`, and those of the named npm packages, by id. Each exports `plugin`.
 * Throws if one cannot be loaded, if it declares a capability that does not exist, or if two have the same id: a
 * service without one of its PSAs must not start.
 */
export async function loadPlugins({
  packages = [],
}: {
  packages?: readonly string[];
} = {}): Promise<ReadonlyMap<string, PsaPlugin>> {
  if (packages.length > 0) shareOwnEntry();
  const plugins = new Map<string, PsaPlugin>();
  for (const source of [...ownPlugins(), ...packages]) {
    const { plugin } = (await import(source)) as { plugin?: PsaPlugin };
    if (!plugin?.id) throw new Error(`${source} exports no PSA plugin.`);
    if (plugins.has(plugin.id)) throw new Error(`Two plugins have the id "${plugin.id}".`);
    const unknown = plugin.capabilities.filter(capability => !psaCapabilities.includes(capability));
    if (unknown.length > 0)
      throw new Error(`${source} declares unknown capabilities: ${unknown.join(', ')}.`);
    plugins.set(plugin.id, installedPlugin(plugin));
  }
  return plugins;
}

let shared = false;

/**
 * Lets plugins import `psa-bridge/plugin` wherever they are installed, and gives them the error classes of this
 * process. A plugin with its own copy of the package would throw errors that `instanceof` does not recognize.
 */
function shareOwnEntry(): void {
  if (shared) return;
  shared = true;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === pluginEntry.specifier
        ? { url: pluginEntry.url, shortCircuit: true }
        : next(specifier, context),
  });
}

/** The compiled plugins end in .js; tests load the sources. */
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
