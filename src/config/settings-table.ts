import { settingsIn } from './setting.js';
import { settings } from './settings.js';

/** The headings of the groups in the README. */
const headings: Record<keyof typeof settings, string> = {
  process: 'Process',
  http: 'HTTP',
  database: 'Databases',
  secrets: 'Secrets',
  psa: 'PSAs',
  usage: 'Usage',
  worker: 'Worker',
  identity: 'Identity provider',
  notices: 'Notifications',
  tracing: 'Traces',
};

const begin = '<!-- settings: "npm run settings" writes these tables from src/config -->';
const end = '<!-- end of the settings -->';

/** The README with the tables of all settings between its two markers. Throws where a marker is missing. */
export function withSettingsTables(readme: string): string {
  const [before, rest] = readme.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`"${begin}" or "${end}" is missing`);
  return `${before}${begin}\n\n${settingsTables()}\n\n${end}${after}`;
}

function settingsTables(): string {
  return Object.entries(headings)
    .map(([group, heading]) => `#### ${heading}\n\n${table(group as keyof typeof settings)}`)
    .join('\n\n');
}

function table(group: keyof typeof settings): string {
  const rows = settingsIn(settings[group]).map(
    ({ name, shownDefault, description }) => `| \`${name}\` | ${shownDefault} | ${description} |`,
  );
  return ['| name | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
