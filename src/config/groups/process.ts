import { z } from 'zod';
import { listOf } from '../parsers.js';
import { setting } from '../setting.js';

export const processSettings = {
  roles: setting({
    name: 'ROLES',
    parser: listOf(z.enum(['api', 'worker'], 'must be "api" or "worker"')),
    default: 'api,worker',
    description: 'what this process does',
  }),
  logLevel: setting({
    name: 'LOG_LEVEL',
    parser: z.enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be "fatal", "error", "warn", "info", "debug", "trace" or "silent"',
    ),
    default: 'info',
    description: 'the least severe log lines that are written; `debug` logs each request to a PSA',
  }),
};
