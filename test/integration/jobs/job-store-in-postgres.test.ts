import { pino } from 'pino';
import { jobStoreInPostgres } from '../../../src/jobs/job-store-in-postgres.js';
import { describeWakingUp } from './job-store.suite.js';

describeWakingUp({
  name: 'PostgreSQL',
  create: ({ database }) =>
    jobStoreInPostgres({ databaseUrl: database.url, orm: database.orm, logger: pino({ level: 'silent' }) }),
});
