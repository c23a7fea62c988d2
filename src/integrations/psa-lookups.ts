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
 * Questions to PSAs, whose answers are kept for a minute: a person who fills in a form asks the same again
 * and again. Answers belong to an integration's credentials as they stand, so that new ones start afresh.
 * An error of the PSA is thrown as it comes, and never kept.
 */
export class PsaLookups {
  readonly #answers = new Map<string, { answer: Promise<unknown>; until: number }>();

  constructor(
    private readonly connections: PsaConnections,
    private readonly now: () => Date,
  ) {}

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

  /** Never from memory: what is mapped or written to has to exist now. */
  existingCompanies(integration: Integration, ids: readonly string[]): Promise<PsaCompany[]> {
    return this.connections.adapterFor(integration).getCompanies(ids);
  }

  #ask<T>(integration: Integration, question: string, ask: (adapter: PsaAdapter) => Promise<T>): Promise<T> {
    const key = `${integration.id} ${integration.credentials} ${question}`;
    const now = this.now().getTime();
    const known = this.#answers.get(key);
    if (known && now < known.until) return known.answer as Promise<T>;
    const answer = ask(this.connections.adapterFor(integration));
    const entry = { answer, until: now + keptForMs };
    this.#answers.delete(key);
    this.#answers.set(key, entry);
    if (this.#answers.size > mostAnswers) this.#answers.delete(this.#answers.keys().next().value!);
    answer.catch(() => {
      if (this.#answers.get(key) === entry) this.#answers.delete(key);
    });
    return answer;
  }
}
