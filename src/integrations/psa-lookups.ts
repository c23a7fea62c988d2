import { LRUCache } from 'lru-cache';
import type { Integration } from '../domain/integrations/integration.js';
import type {
  BillingLevel,
  CompanyQuery,
  PsaAdapter,
  PsaCompany,
  PsaPage,
  PsaReference,
  ServiceType,
} from '../psa/adapter.js';
import type { PsaConnections } from './psa-connections.js';

const keptForMs = 60_000;
const mostAnswers = 5_000;

/**
 * Questions to PSAs whose answers are kept for a minute, because a person who fills in a form asks the same repeatedly.
 * An answer belongs to the integration's credentials of that moment: with new ones the PSA is asked again. A PsaError is
 * thrown as it comes and not kept.
 */
export class PsaLookups {
  readonly #answers: LRUCache<string, Promise<unknown>>;

  constructor(
    private readonly connections: PsaConnections,
    now: () => Date,
  ) {
    this.#answers = new LRUCache({
      max: mostAnswers,
      ttl: keptForMs,
      ttlResolution: 0,
      perf: { now: () => now().getTime() },
    });
  }

  serviceBoards(integration: Integration): Promise<PsaReference[]> {
    return this.#ask(integration, 'boards', adapter => adapter.listServiceBoards());
  }

  serviceTypes(integration: Integration, boardId: string): Promise<ServiceType[]> {
    return this.#ask(integration, `types ${boardId}`, adapter => adapter.listServiceTypes(boardId));
  }

  ticketPriorities(integration: Integration): Promise<PsaReference[]> {
    return this.#ask(integration, 'priorities', adapter => adapter.listTicketPriorities());
  }

  billingLevels(integration: Integration): Promise<BillingLevel[]> {
    return this.#ask(integration, 'levels', adapter => adapter.listBillingLevels());
  }

  /** The names of the active billing levels. Undefined if the PSA lists none: then a mapping may name any level. */
  async activeLevels(integration: Integration): Promise<Set<string> | undefined> {
    if (!this.connections.supports(integration, 'BILLING_LEVELS')) return undefined;
    const levels = await this.billingLevels(integration);
    return new Set(levels.filter(level => level.active).map(level => level.level));
  }

  companies(integration: Integration, query: CompanyQuery): Promise<PsaPage<PsaCompany>> {
    const { search, first, after } = query;
    return this.#ask(integration, `companies ${JSON.stringify([search, first, after])}`, adapter =>
      adapter.findCompanies(query),
    );
  }

  companiesByName(integration: Integration, names: readonly string[]): Promise<PsaCompany[]> {
    return this.#ask(integration, `named ${JSON.stringify(names)}`, adapter =>
      adapter.findCompaniesByName(names),
    );
  }

  /** Never from the cache: a company that is mapped or written to has to exist now. */
  existingCompanies(integration: Integration, ids: readonly string[]): Promise<PsaCompany[]> {
    return this.connections.adapterFor(integration).getCompanies(ids);
  }

  #ask<T>(integration: Integration, question: string, ask: (adapter: PsaAdapter) => Promise<T>): Promise<T> {
    const key = `${integration.id} ${integration.credentials} ${question}`;
    const known = this.#answers.get(key);
    if (known) return known as Promise<T>;
    const answer = ask(this.connections.adapterFor(integration));
    this.#answers.set(key, answer);
    answer.catch(() => {
      if (this.#answers.peek(key) === answer) this.#answers.delete(key);
    });
    return answer;
  }
}
