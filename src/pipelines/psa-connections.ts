import type { Logger } from 'pino';
import type { CredentialVault } from '../domain/integrations/credentials.js';
import type { Integration } from '../domain/integrations/integration.js';
import type { Credentials, PsaAdapter, PsaPlugin } from '../psa/adapter.js';
import type { GuardedHttp } from '../psa/guarded-http.js';

export interface PsaSurroundings {
  plugins: ReadonlyMap<string, PsaPlugin>;
  http: GuardedHttp;
  vault: CredentialVault;
  logger: Logger;
  now(): Date;
  solutionName: string;
  clientIds: Readonly<Record<string, string | undefined>>;
}

/** Connections that may stay open; the one used longest ago goes first. */
const mostConnections = 2_000;

/** The PSA connections of this process, one per integration, kept until its credentials change. */
export class PsaConnections {
  readonly #open = new Map<string, { sealed: string; adapter: PsaAdapter }>();

  constructor(private readonly surroundings: PsaSurroundings) {}

  get plugins(): ReadonlyMap<string, PsaPlugin> {
    return this.surroundings.plugins;
  }

  /** Throws where the integration is disconnected, its plugin is not installed or its credentials do not open. */
  adapterFor(integration: Integration): PsaAdapter {
    if (!integration.credentials) throw new Error(`integration ${integration.id} is disconnected`);
    const known = this.#open.get(integration.id);
    if (known) this.#open.delete(integration.id);
    const connection =
      known?.sealed === integration.credentials
        ? known
        : { sealed: integration.credentials, adapter: this.#connect(integration, integration.credentials) };
    this.#open.set(integration.id, connection);
    if (this.#open.size > mostConnections) this.#open.delete(this.#open.keys().next().value!);
    return connection.adapter;
  }

  /** A connection with credentials that are not stored (yet). */
  tryOut(plugin: PsaPlugin, credentials: Credentials): PsaAdapter {
    const { http, logger, now, solutionName, clientIds } = this.surroundings;
    return plugin.connect(credentials, {
      http: http.forPlugin(plugin.id),
      logger: logger.child({ psa: plugin.id }),
      now,
      solutionName,
      clientId: clientIds[plugin.id],
    });
  }

  #connect(integration: Integration, sealed: string): PsaAdapter {
    const plugin = this.plugins.get(integration.psa);
    if (!plugin) throw new Error(`the PSA plugin "${integration.psa}" is not installed`);
    return this.tryOut(plugin, this.surroundings.vault.open(integration.id, sealed));
  }
}
