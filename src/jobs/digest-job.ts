import type { DeliveryDependencies } from '../delivery/delivery-dependencies.js';
import { planDigestRuns } from '../pipelines/digest/plan-digest-runs.js';
import type { IntegrationJob } from './job.js';

/** Plans the digest runs of one integration. */
export const digestJob: IntegrationJob<DeliveryDependencies> = {
  name: 'digest',
  concurrency: 4,
  async work(dependencies, integrationId) {
    await planDigestRuns(dependencies, integrationId);
    return null;
  },
};
