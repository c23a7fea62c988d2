import { type NoticeDependencies, sendNotices } from '../notifications/send-notices.js';
import type { IntegrationJob } from './job.js';

/** Sends the due notices of one integration. */
export const noticesJob: IntegrationJob<NoticeDependencies> = {
  name: 'notices',
  concurrency: 4,
  work: sendNotices,
};
