import { planUsageRuns, type UsageSurroundings } from '../pipelines/usage/plan-usage-runs.js';
import type { IntegrationJob } from './job.js';

/** Plans the usage runs of one integration. */
export const usageJob: IntegrationJob<UsageSurroundings> = {
  name: 'usage',
  concurrency: 4,
  async work(dependencies, integrationId) {
    await planUsageRuns(dependencies, integrationId);
    return null;
  },
};
