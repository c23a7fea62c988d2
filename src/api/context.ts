import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import type { ChangeFeed } from '../db/changes.js';
import { askAsPartner } from '../domain/access/partner-rows.js';
import type { Schedule } from '../domain/integrations/schedule.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import type { CredentialVault } from '../integrations/credential-vault.js';
import type { PsaConnections } from '../integrations/psa-connections.js';
import { PsaLookups } from '../integrations/psa-lookups.js';
import type { Metrics } from '../observability/metrics.js';
import type { ApiSettings } from './api-settings.js';
import type { Caller, Origin } from './caller.js';
import { Loaders } from './loaders.js';

/** What the API needs from the process that it runs in. */
export interface ApiDependencies {
  orm: MikroORM;
  connections: PsaConnections;
  vault: CredentialVault;
  changes: ChangeFeed;
  wakeUp: WakeUp;
  /** Of every pipeline that runs by itself. */
  schedules: readonly Schedule[];
  config: ApiSettings;
  logger: Logger;
  now(): Date;
  metrics: Metrics;
  /** Rejects with NotReady while this process cannot do its work. */
  ready(): Promise<void>;
}

/** What every resolver gets. `em` and `loaders` belong to one request, or to one event of a subscription. */
export interface ApiContext {
  caller: Caller | undefined;
  em: EntityManager;
  loaders: Loaders;
  lookups: PsaLookups;
  origin: Origin;
  app: ApiDependencies;
}

/**
 * Makes contexts that share one cache of lookups in PSAs. A partner's context queries the database as that partner:
 * PostgreSQL itself hides the rows of others, whatever a resolver forgets.
 */
export class Contexts {
  readonly #lookups: PsaLookups;

  constructor(private readonly app: ApiDependencies) {
    this.#lookups = new PsaLookups(app.connections, app.now);
  }

  for(caller: Caller | undefined, origin: Origin): ApiContext {
    const em = this.app.orm.em.fork();
    if (caller?.partnerId) askAsPartner(em, caller.partnerId);
    return { caller, em, loaders: new Loaders(em), lookups: this.#lookups, origin, app: this.app };
  }
}
