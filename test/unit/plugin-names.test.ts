import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const installed = readdirSync('plugins');

it('of installed PSA plugins appear nowhere in the core', () => {
  const names = new RegExp(installed.join('|'), 'i');
  const lines = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map(file => join('src', file))
    .filter(file => file.endsWith('.ts'))
    .flatMap(file =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line, n) => ({ at: `${file}:${n + 1}`, line })),
    );
  expect(installed).toContain('connectwise');
  expect(lines.filter(({ line }) => names.test(line))).toEqual([]);
});
