import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * The rooms of src in the order in which data flows up through them, each with the rooms that it may import. A room
 * comes after those that it imports, so there can be no cycle. docs/architecture.md has the picture.
 */
const rooms: Record<string, readonly string[]> = {
  text: [],
  db: [],
  psa: ['text'],
  config: ['psa', 'text'],
  domain: ['db', 'text'],
  observability: ['db', 'domain', 'text'],
  notifications: ['db', 'domain', 'observability', 'psa', 'text'],
  runs: ['db', 'domain', 'notifications'],
  integrations: ['db', 'domain', 'notifications', 'observability', 'psa', 'runs', 'text'],
  delivery: ['db', 'domain', 'integrations', 'notifications', 'observability', 'psa', 'runs', 'text'],
  pipelines: ['db', 'domain', 'integrations', 'notifications', 'observability', 'psa', 'runs', 'text'],
  ingest: ['db', 'domain', 'pipelines', 'text'],
  jobs: ['db', 'delivery', 'domain', 'integrations', 'notifications', 'observability', 'pipelines', 'runs'],
  api: [
    'db',
    'delivery',
    'domain',
    'ingest',
    'integrations',
    'observability',
    'pipelines',
    'psa',
    'runs',
    'text',
  ],
  gql: [],
  cli: ['gql', 'text'],
  commands: ['api', 'config', 'db', 'domain', 'integrations', 'text'],
};
/** The only files that put rooms together. */
const wiring = ['src/main.ts', 'src/service.ts'];

const files = ['src', 'plugins'].flatMap(folder =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => join(folder, file)),
);

function roomOf(file: string): string {
  const [top, room] = file.split('/');
  return top === 'plugins' ? 'plugins' : room!;
}

function importsOf(file: string): string[] {
  const specifiers = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...specifiers].map(([, path]) => normalize(join(dirname(file), path!)).replace(/\.js$/, '.ts'));
}

describe('imports', () => {
  it('go only from a room to the rooms that it may import', () => {
    const wrong = files
      .filter(file => !wiring.includes(file) && roomOf(file) !== 'plugins')
      .flatMap(file =>
        importsOf(file)
          .filter(target => roomOf(target) !== roomOf(file))
          .filter(target => !rooms[roomOf(file)]?.includes(roomOf(target)))
          .map(target => `${file} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('of a plugin are its own files, packages, and what plugin authors get: psa-bridge/plugin', () => {
    const wrong = files
      .filter(file => roomOf(file) === 'plugins')
      .flatMap(file => {
        const own = file.split('/').slice(0, 2).join('/');
        return importsOf(file)
          .filter(target => !target.startsWith(`${own}/`))
          .map(target => `${file} imports ${target}`);
      });
    expect(wrong).toEqual([]);
  });

  it('form no cycle of rooms', () => {
    const order = Object.keys(rooms);
    const upward = order.flatMap((room, n) =>
      rooms[room]!.filter(known => order.indexOf(known) >= n).map(known => `${room} imports ${known}`),
    );
    expect(upward).toEqual([]);
  });
});
