import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settingsIn } from '../../../src/config/setting.js';
import { settings } from '../../../src/config/settings.js';
import { withSettingsTables } from '../../../src/config/settings-table.js';

it('the README shows every setting as it is declared', () => {
  const readme = readFileSync('README.md', 'utf8');
  expect(readme, 'run "npm run settings" to write the tables of the settings').toBe(
    withSettingsTables(readme),
  );
  for (const { name } of settingsIn(settings)) expect(readme).toContain(`| \`${name}\` |`);
});

it('each setting has a unique name and a description that fits a table', () => {
  const every = settingsIn(settings);
  expect(new Set(every.map(({ name }) => name)).size).toBe(every.length);
  for (const { name, description, shownDefault } of every) {
    expect([name, /^[A-Z\d_]+$/.test(name)]).toEqual([name, true]);
    expect([name, /^[^|\n]+$/.test(description), /^[^|\n]*$/.test(shownDefault)]).toEqual([name, true, true]);
  }
});
