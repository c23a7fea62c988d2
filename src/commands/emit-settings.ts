import { readFileSync, writeFileSync } from 'node:fs';
import { withSettingsTables } from '../config/settings-table.js';
import { runProgram } from './run-program.js';

// npm run settings: writes the tables of all settings into the README.
await runProgram(async () => {
  const file = process.argv[2];
  if (file === undefined) throw new Error('usage: emit-settings FILE');
  writeFileSync(file, withSettingsTables(readFileSync(file, 'utf8')));
});
