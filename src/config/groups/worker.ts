import { seconds, wholeNumber } from '../parsers.js';
import { setting } from '../setting.js';

export const workerSettings = {
  leaseMs: setting({
    name: 'LEASE_SECONDS',
    parser: seconds(3, 600),
    default: '30',
    description:
      'how long a worker that gives no sign of life keeps an integration before another worker takes over',
  }),
  retentionDays: setting({
    name: 'RETENTION_DAYS',
    parser: wholeNumber(0).refine(
      days => days === 0 || days >= 62,
      'must be at least 62, or 0 to keep everything',
    ),
    default: '400',
    description:
      'how long job results, tickets and measurements are kept. Statements and billed quantities are kept for ever. 0: everything is kept',
  }),
};
