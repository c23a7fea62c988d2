import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import type { PsaConnections } from '../integrations/psa-connections.js';
import type { Metrics } from '../observability/metrics.js';

/** What delivering needs from the process that it runs in. */
export interface DeliveryDependencies {
  orm: MikroORM;
  connections: PsaConnections;
  logger: Logger;
  metrics: Metrics;
  now(): Date;
  /** Names this process in leases. */
  owner: string;
  /** How long a worker that gives no sign of life keeps its work; a third of it is one slice. */
  leaseMs: number;
  wakeUp: WakeUp;
}
