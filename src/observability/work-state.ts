import type { EntityManager } from '@mikro-orm/postgresql';
import type { z } from 'zod';
import { run } from '../db/sql.js';
import { connectedIntegrations, openDeliveries } from './open-work.sql.js';

/** What waits for a worker or a person, of all integrations that are not disconnected. */
export interface WorkState {
  deliveries: z.infer<typeof openDeliveries.row>[];
  integrations: z.infer<typeof connectedIntegrations.row>[];
}

/** Reads what is not done as of `now`, and the integrations' statuses. */
export async function readWorkState(em: EntityManager, now: Date): Promise<WorkState> {
  return {
    deliveries: await run(em, openDeliveries, [now]),
    integrations: await run(em, connectedIntegrations),
  };
}
