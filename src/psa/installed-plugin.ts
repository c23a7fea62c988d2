import { storableText } from '../text/storable-text.js';
import type { AdapterWith, BillingResolution, PsaAccount, PsaAdapter, PsaPlugin } from './adapter.js';
import type { PsaCapability } from './capabilities.js';
import { PsaRejected, PsaSurprise } from './errors.js';

/** Which capability an operation belongs to; the other operations belong to every plugin. */
export const capabilityOf = {
  listServiceBoards: 'TICKETS',
  listServiceTypes: 'TICKETS',
  listTicketPriorities: 'TICKETS',
  findTickets: 'TICKETS',
  createTicket: 'TICKETS',
  resolveBillingTargets: 'AGREEMENT_ADDITIONS',
  setBilledQuantity: 'AGREEMENT_ADDITIONS',
  listBillingLevels: 'BILLING_LEVELS',
} as const satisfies Record<Exclude<keyof PsaAdapter, keyof PsaAccount>, PsaCapability>;

/**
 * A plugin as the service uses it. Two things hold for every plugin from here on:
 *
 * - An operation of a capability that the plugin does not declare never reaches the plugin. Lists are empty, a
 *   quantity has no place (NOT_SUPPORTED), a ticket is rejected.
 * - Every text in its answers can be stored in PostgreSQL: characters that cannot be stored are removed. Texts of
 *   errors are cleaned by the error classes.
 *
 * A declared operation that the adapter lacks is a PsaSurprise when it is called.
 */
export function installedPlugin<Capability extends PsaCapability>(plugin: PsaPlugin<Capability>): PsaPlugin {
  return {
    ...plugin,
    accountKey: credentials => storableText(plugin.accountKey(credentials)),
    connect: (credentials, environment) => complete(plugin, plugin.connect(credentials, environment)),
  };
}

function complete<Capability extends PsaCapability>(
  plugin: PsaPlugin<Capability>,
  own: AdapterWith<Capability>,
): PsaAdapter {
  const declared: readonly PsaCapability[] = plugin.capabilities;
  const substitutes = withoutCapabilities(plugin.name);

  async function call(operation: keyof PsaAdapter, ...given: unknown[]): Promise<unknown> {
    const capability: PsaCapability | undefined = Reflect.get(capabilityOf, operation);
    const adapter = capability && !declared.includes(capability) ? substitutes : own;
    const method = Reflect.get(adapter, operation);
    if (typeof method !== 'function') {
      throw new PsaSurprise(`The plugin "${plugin.id}" declares ${capability} and has no ${operation}.`);
    }
    return storable(await Reflect.apply(method, adapter, given));
  }

  const operation = <Name extends keyof PsaAdapter>(name: Name) =>
    ((...given: unknown[]) => call(name, ...given)) as PsaAdapter[Name];
  return {
    checkAccess: operation('checkAccess'),
    findCompanies: operation('findCompanies'),
    getCompanies: operation('getCompanies'),
    findCompaniesByName: operation('findCompaniesByName'),
    listServiceBoards: operation('listServiceBoards'),
    listServiceTypes: operation('listServiceTypes'),
    listTicketPriorities: operation('listTicketPriorities'),
    findTickets: operation('findTickets'),
    createTicket: operation('createTicket'),
    resolveBillingTargets: operation('resolveBillingTargets'),
    setBilledQuantity: operation('setBilledQuantity'),
    listBillingLevels: operation('listBillingLevels'),
  };
}

/** What takes the place of operations that a plugin has no capability for. */
function withoutCapabilities(psa: string): Pick<PsaAdapter, keyof typeof capabilityOf> {
  const noBilling = { reason: 'NOT_SUPPORTED', message: `${psa} cannot be billed by this service.` } as const;
  return {
    listServiceBoards: async () => [],
    listServiceTypes: async () => [],
    listTicketPriorities: async () => [],
    findTickets: async () => [],
    createTicket: async () => {
      throw new PsaRejected(`This service cannot create tickets in ${psa}.`);
    },
    resolveBillingTargets: async requests =>
      requests.map((): BillingResolution => ({ state: 'UNRESOLVED', ...noBilling })),
    setBilledQuantity: async () => ({ state: 'REFUSED', ...noBilling }),
    listBillingLevels: async () => [],
  };
}

/** A copy of plain data with every text cleaned; an undefined member stays undefined. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [storableText(key), storable(member)]),
  );
}
