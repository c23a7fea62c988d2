import { deliverIntegration } from '../delivery/deliver-integration.js';
import type { DeliveryDependencies } from '../delivery/delivery-dependencies.js';
import type { IntegrationJob } from './job.js';

/** Delivers what is due at one integration for a slice of time, so that the other integrations get their turn. */
export const deliverJob: IntegrationJob<DeliveryDependencies> = {
  name: 'deliver',
  concurrency: 20,
  work: deliverIntegration,
};
