import { isDeepStrictEqual } from 'node:util';
import type { MikroORM } from '@mikro-orm/postgresql';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Integration } from '../domain/integrations/integration.js';
import type { Credentials, PsaAdapter, PsaPlugin } from '../psa/adapter.js';
import type { PsaCapability } from '../psa/capabilities.js';
import type { GuardedHttp } from '../psa/guarded-http.js';
import type { PsaHttp } from '../psa/http.js';
import { pacedHttp } from '../psa/paced-http.js';
import { withoutEchoes } from '../psa/without-echoes.js';
import type { CredentialVault } from './credential-vault.js';
import { noBudget, sharedBudget } from './request-budget.js';

export interface PsaDependencies {
  orm: MikroORM;
  plugins: ReadonlyMap<string, PsaPlugin>;
  http: GuardedHttp;
  vault: CredentialVault;
  logger: Logger;
  now(): Date;
  solutionName: string;
  clientIds: Readonly<Record<string, string | undefined>>;
  /** Of all processes together, for each integration. 0: no limit. */
  requestsPerMinute: number;
  /** The most requests at once to one integration's PSA. */
  concurrency: number;
}

interface Connection {
  sealed: string;
  credentials: Credentials;
  adapter: PsaAdapter;
}

/** The most connections that are kept. Beyond that, the one that was used least recently is dropped. */
const mostConnections = 2_000;

/** The PSA connections of this process, one for each integration, kept until its credentials change. */
export class PsaConnections {
  readonly #known = new LRUCache<string, Connection>({ max: mostConnections });

  constructor(private readonly dependencies: PsaDependencies) {}

  /** The most requests at once to one integration's PSA. */
  get concurrency(): number {
    return this.dependencies.concurrency;
  }

  get plugins(): ReadonlyMap<string, PsaPlugin> {
    return this.dependencies.plugins;
  }

  /** Whether the integration's plugin is installed and has the capability. */
  supports(integration: Integration, capability: PsaCapability): boolean {
    return this.plugins.get(integration.psa)?.capabilities.includes(capability) ?? false;
  }

  /** Throws where the integration is disconnected, its plugin is not installed or its credentials cannot be decrypted. */
  adapterFor(integration: Integration): PsaAdapter {
    if (!integration.credentials) throw new Error(`integration ${integration.id} is disconnected`);
    const known = this.#known.get(integration.id);
    const connection =
      known?.sealed === integration.credentials
        ? known
        : this.#connection(integration, integration.credentials, known);
    this.#known.set(integration.id, connection);
    return connection.adapter;
  }

  /** A connection with credentials that are not stored. */
  tryOut(plugin: PsaPlugin, credentials: Credentials): PsaAdapter {
    return this.#open(plugin, credentials, this.dependencies.http.forPlugin(plugin.id));
  }

  /** The same credentials sealed with another key need no new login. */
  #connection(integration: Integration, sealed: string, known: Connection | undefined): Connection {
    const credentials = this.dependencies.vault.open(integration.id, sealed);
    const adapter = isDeepStrictEqual(credentials, known?.credentials)
      ? known!.adapter
      : this.#connect(integration, credentials);
    return { sealed, credentials, adapter };
  }

  #connect(integration: Integration, credentials: Credentials): PsaAdapter {
    const { orm, http, requestsPerMinute, concurrency } = this.dependencies;
    const plugin = this.plugins.get(integration.psa);
    if (!plugin) throw new Error(`the PSA plugin "${integration.psa}" is not installed`);
    const budget =
      requestsPerMinute > 0 ? sharedBudget(() => orm.em.fork(), integration.id, requestsPerMinute) : noBudget;
    return this.#open(plugin, credentials, pacedHttp(http.forPlugin(plugin.id), budget, concurrency));
  }

  #open(plugin: PsaPlugin, credentials: Credentials, http: PsaHttp): PsaAdapter {
    const { logger, now, solutionName, clientIds } = this.dependencies;
    return plugin.connect(credentials, {
      http: withoutEchoes(http, secretsOf(plugin, credentials)),
      logger: logger.child({ psa: plugin.id }),
      now,
      solutionName,
      clientId: clientIds[plugin.id],
    });
  }
}

/** All credentials but those that name the account, which many error texts need. */
function secretsOf(plugin: PsaPlugin, credentials: Credentials): string[] {
  const account = plugin.accountKey(credentials);
  return Object.values(credentials).filter(value => !account.includes(value));
}
