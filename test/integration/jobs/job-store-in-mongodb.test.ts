import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { describe, it } from 'vitest';
import { jobStoreInMongodb } from '../../../src/jobs/job-store-in-mongodb.js';
import { describeWakingUp } from './job-store.suite.js';

const { MONGODB_URL } = process.env;

if (MONGODB_URL) {
  const url = new URL(MONGODB_URL);
  url.pathname = `/psa_bridge_${randomUUID().slice(0, 8)}`;
  describeWakingUp({
    name: 'MongoDB',
    create: ({ database, changes }) =>
      jobStoreInMongodb({
        mongodbUrl: url.href,
        databaseUrl: database.url,
        changes,
        logger: pino({ level: 'silent' }),
      }),
  });
} else {
  console.log('skipped: waking up through MongoDB, because MONGODB_URL is not set');
  describe.skip('waking up through MongoDB', () => {
    it('needs MONGODB_URL', () => {});
  });
}
