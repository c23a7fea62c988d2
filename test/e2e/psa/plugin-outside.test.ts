import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../../support/command.js';

const tree = resolve('.');
const modules = join(tree, 'node_modules');
/** A plugin's package in a folder of its own, with PSA Bridge installed from its tarball. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psa-bridge-plugin-'));
  await installPsaBridge();
  await cp(join(tree, 'test/support/outside-plugin'), folder, { recursive: true });
  await writeJson('package.json', {
    name: 'psa-bridge-plugin-toy',
    version: '1.0.0',
    type: 'module',
    exports: './dist/plugin.js',
  });
  await writeJson('tsconfig.json', {
    compilerOptions: {
      target: 'ES2023',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      rootDir: '.',
      outDir: 'dist',
    },
    files: ['plugin.ts', 'conformance.spec.ts'],
  });
  await run('node_modules/.bin/tsc', '-p', join(folder, 'tsconfig.json'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What `npm install psa-bridge-0.1.0.tgz` does, without a network: dependencies are those of this tree. */
async function installPsaBridge(): Promise<void> {
  await run('npm', 'run', '--silent', 'build:types');
  await run('npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder);
  const installed = join(folder, 'node_modules/psa-bridge');
  await mkdir(installed, { recursive: true });
  const { name, version } = JSON.parse(await readFile('package.json', 'utf8'));
  const tarball = join(folder, `${name}-${version}.tgz`);
  await run('tar', '-xzf', tarball, '-C', installed, '--strip-components=1');
  const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  const own = ['@types/node', 'vitest'];
  for (const dependency of [...Object.keys(dependencies), ...own]) {
    const link = join(folder, 'node_modules', dependency);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(modules, dependency), link);
  }
}

function writeJson(file: string, content: object): Promise<void> {
  return writeFile(join(folder, file), JSON.stringify(content));
}

async function run(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await command(program, args, {
    environment: { npm_config_cache: join(folder, '.npm') },
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Loads a plugin as the service at `service` does, and says what it sees of it. */
async function loadedBy(service: string, source: string): Promise<unknown> {
  const module = (path: string) => pathToFileURL(join(service, 'dist/src/psa', path)).href;
  const script = `
    import { loadPlugins } from '${module('load-plugins.js')}';
    import { PsaUnreachable } from '${module('errors.js')}';
    const plugins = await loadPlugins({ packages: ['${source}'] });
    const toy = plugins.get('toy').connect({ site: 'nowhere.example', password: 'x' }, {});
    const error = await toy.findCompanies({ first: 1 }).catch(error => error);
    console.log(JSON.stringify({
      ids: [...plugins.keys()],
      levels: await toy.listBillingLevels(),
      errorIsKnown: error instanceof PsaUnreachable,
    }));`;
  return JSON.parse(await run(process.execPath, '--input-type=module', '--eval', script));
}

const asLoaded = { ids: expect.arrayContaining(['connectwise', 'toy']), levels: [], errorIsKnown: true };

describe('a plugin outside the tree', () => {
  it('passes the conformance suite of the packed package', async () => {
    const report = join(folder, 'report.json');
    const reporting = ['--reporter', 'json', '--outputFile', report];
    await run('node_modules/.bin/vitest', 'run', '--root', folder, ...reporting);
    const { success, numPassedTests } = JSON.parse(await readFile(report, 'utf8'));
    expect(success).toBe(true);
    expect(numPassedTests).toBeGreaterThan(30);
  });

  it('is loaded by its package name beside the packed package', async () => {
    await symlink(folder, join(folder, 'node_modules/psa-bridge-plugin-toy'));
    expect(await loadedBy(join(folder, 'node_modules/psa-bridge'), 'psa-bridge-plugin-toy')).toEqual(
      asLoaded,
    );
  });

  it('throws errors that the service recognizes although the plugin has its own copy of the package', async () => {
    const plugin = pathToFileURL(join(folder, 'dist/plugin.js')).href;
    expect(await loadedBy(tree, plugin)).toEqual(asLoaded);
  });

  it('needs no copy of the package at all', async () => {
    const bare = await mkdtemp(join(tmpdir(), 'psa-bridge-plugin-bare-'));
    await cp(join(folder, 'dist'), join(bare, 'dist'), { recursive: true });
    await cp(join(folder, 'package.json'), join(bare, 'package.json'));
    const plugin = pathToFileURL(join(bare, 'dist/plugin.js')).href;
    expect(await loadedBy(tree, plugin)).toEqual(asLoaded);
    await rm(bare, { recursive: true });
  });
});
