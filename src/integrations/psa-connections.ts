import { isDeepStrictEqual } from 'node:util';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import type { Integration } from '../domain/integrations/integration.js';
import type { Credentials, PsaAdapter, PsaPlugin } from '../psa/adapter.js';
import type { GuardedHttp } from '../psa/guarded-http.js';
import type { PsaHttp } from '../psa/http.js';
import { pacedHttp } from '../psa/paced-http.js';
import { withoutEchoes } from '../psa/without-echoes.js';
import type { CredentialVault } from './credential-vault.js';
import { noBudget, sharedBudget } from './request-budget.js';

export interface PsaSurroundings {
  orm: MikroORM;
  plugins: ReadonlyMap<string, PsaPlugin>;
  http: GuardedHttp;
  vault: CredentialVault;
  logger: Logger;
  now(): Date;
  solutionName: string;
  clientIds: Readonly<Record<string, string | undefined>>;
  /** For each integration, whichever processes ask; 0: no limit. */
  requestsPerMinute: number;
  /** The most requests at once to one integration's PSA. */
  concurrency: number;
}

interface Connection {
  sealed: string;
  credentials: Credentials;
  adapter: PsaAdapter;
}

/** Connections that may stay open; the one used longest ago goes first. */
const mostConnections = 2_000;

/** The PSA connections of this process, one per integration, kept until its credentials change. */
export class PsaConnections {
  readonly #known = new Map<string, Connection>();

  constructor(private readonly surroundings: PsaSurroundings) {}

  /** The most requests at once to one integration's PSA. */
  get concurrency(): number {
    return this.surroundings.concurrency;
  }

  get plugins(): ReadonlyMap<string, PsaPlugin> {
    return this.surroundings.plugins;
  }

  /** Throws where the integration is disconnected, its plugin is not installed or its credentials do not open. */
  adapterFor(integration: Integration): PsaAdapter {
    if (!integration.credentials) throw new Error(`integration ${integration.id} is disconnected`);
    const known = this.#known.get(integration.id);
    if (known) this.#known.delete(integration.id);
    const connection =
      known?.sealed === integration.credentials
        ? known
        : this.#connection(integration, integration.credentials, known);
    this.#known.set(integration.id, connection);
    if (this.#known.size > mostConnections) this.#known.delete(this.#known.keys().next().value!);
    return connection.adapter;
  }

  /** A connection with credentials that are not stored (yet). */
  tryOut(plugin: PsaPlugin, credentials: Credentials): PsaAdapter {
    return this.#open(plugin, credentials, this.surroundings.http.forPlugin(plugin.id));
  }

  /** The same credentials under another key are no reason to log in again. */
  #connection(integration: Integration, sealed: string, known: Connection | undefined): Connection {
    const credentials = this.surroundings.vault.open(integration.id, sealed);
    const adapter = isDeepStrictEqual(credentials, known?.credentials)
      ? known!.adapter
      : this.#connect(integration, credentials);
    return { sealed, credentials, adapter };
  }

  #connect(integration: Integration, credentials: Credentials): PsaAdapter {
    const { orm, http, requestsPerMinute, concurrency } = this.surroundings;
    const plugin = this.plugins.get(integration.psa);
    if (!plugin) throw new Error(`the PSA plugin "${integration.psa}" is not installed`);
    const budget =
      requestsPerMinute > 0 ? sharedBudget(() => orm.em.fork(), integration.id, requestsPerMinute) : noBudget;
    return this.#open(plugin, credentials, pacedHttp(http.forPlugin(plugin.id), budget, concurrency));
  }

  #open(plugin: PsaPlugin, credentials: Credentials, http: PsaHttp): PsaAdapter {
    const { logger, now, solutionName, clientIds } = this.surroundings;
    return plugin.connect(credentials, {
      http: withoutEchoes(http, secretsOf(plugin, credentials)),
      logger: logger.child({ psa: plugin.id }),
      now,
      solutionName,
      clientId: clientIds[plugin.id],
    });
  }
}

/** Everything that was typed but what names the account: that stands in many an error for good. */
function secretsOf(plugin: PsaPlugin, credentials: Credentials): string[] {
  const account = plugin.accountKey(credentials);
  return Object.values(credentials).filter(value => !account.includes(value));
}
