import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const documents = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...globSync('{docs,plugins}/**/*.md')];

/** As GitHub makes them: "## How it works" is #how-it-works. */
function anchorsIn(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/^```.*?^```/gms, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

describe('the documents', () => {
  it.each(documents)('%s links only to files and headings that exist', file => {
    const links = readFileSync(file, 'utf8').matchAll(/\]\(([^)\s]+)\)/g);
    const broken = [...links]
      .map(([, link]) => link!)
      .filter(link => !/^[a-z]+:/.test(link))
      .filter(link => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? file : join(dirname(file), path);
        return !existsSync(target) || (anchor !== undefined && !anchorsIn(target).includes(anchor));
      });
    expect(broken).toEqual([]);
  });

  it('SECURITY.md names tests that exist', () => {
    const named = [...readFileSync('SECURITY.md', 'utf8').matchAll(/`(test\/[^`]+)`/g)].map(
      ([, test]) => test!,
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(test => globSync(`${test}.test.ts`).length === 0)).toEqual([]);
  });

  it('README.md lists the folders of src', () => {
    const listed = [...readFileSync('README.md', 'utf8').matchAll(/^\| `src\/([a-z]+)` \|/gm)].map(
      ([, room]) => room,
    );
    const rooms = readdirSync('src', { withFileTypes: true }).filter(entry => entry.isDirectory());
    expect(listed.sort()).toEqual(rooms.map(({ name }) => name).sort());
  });
});
