import { expect, it } from 'vitest';
import { formatBytes } from '../../../src/domain/backups/format-bytes.js';

it.each([
  ['0', '0 bytes'],
  ['0.5', '0.5 bytes'],
  ['999', '999 bytes'],
  ['1000', '1 KB'],
  ['1250000000', '1.25 GB'],
  ['1255000', '1.26 MB'],
  ['999999999', '1000 MB'],
  ['1000000000000', '1 TB'],
  ['123456789012345678901234567890', '123456789012.35 EB'],
])('%s bytes are shown as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
