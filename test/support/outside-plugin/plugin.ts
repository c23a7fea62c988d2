import {
  type AccessCheck,
  type AdapterWith,
  type Credentials,
  PsaBusy,
  type PsaCompany,
  PsaLoginRefused,
  type PsaPlugin,
  PsaRejected,
  PsaUnreachable,
  type TicketRecord,
} from 'psa-bridge/plugin';
import { ToyPsa } from './toy-psa.js';

type Toy = 'TICKETS' | 'AGREEMENT_ADDITIONS';

/** The smallest whole plugin: a PSA with tickets and billing, and no table of billing levels. */
export const plugin: PsaPlugin<Toy> = {
  id: 'toy',
  name: 'Toy PSA',
  credentialFields: [
    { key: 'site', label: 'Site', help: 'Where you log in.', required: true, secret: false },
    { key: 'password', label: 'Password', help: 'What you log in with.', required: true, secret: true },
  ],
  capabilities: ['TICKETS', 'AGREEMENT_ADDITIONS'],

  readCredentials(typed) {
    const problems = ['site', 'password']
      .filter(key => !typed[key]?.trim())
      .map(key => ({ key, message: 'This is missing.' }));
    if (problems.length > 0) return { problems };
    return { credentials: { site: typed.site!.trim().toLowerCase(), password: typed.password!.trim() } };
  },

  accountKey: ({ site }) => site!,

  connect: credentials => connect(credentials),
};

function connect({ site, password }: Credentials): AdapterWith<Toy> {
  /** Logs in anew for every operation, as a stateless API does. */
  function psa(): ToyPsa {
    const found = ToyPsa.sites.get(site!);
    if (!found) throw new PsaUnreachable(`${site} does not answer.`);
    if (found.password !== password)
      throw new PsaLoginRefused('Toy PSA refuses the password. Enter it again.');
    return found;
  }

  /** Makes a change, unless something goes wrong before or after it. */
  function write<T>(change: (psa: ToyPsa) => T): T {
    const toy = psa();
    const { fault } = toy;
    toy.fault = undefined;
    if (fault === 'busy') throw new PsaBusy('Toy PSA asks to slow down.', 30_000);
    const lost = () => new PsaUnreachable('The answer was lost.', { mayHaveBeenCarriedOut: true });
    if (fault === 'lost-before' || fault === 'gateway') throw lost();
    const result = change(toy);
    if (fault === 'lost-after') throw lost();
    return result;
  }

  const companies = (): PsaCompany[] =>
    [...psa().companies].map(([id, name]) => ({ id, identifier: id, name }));
  const record = ({ id, key, title }: ToyPsa['tickets'][number]): TicketRecord => ({
    id,
    reference: key,
    summary: title,
  });

  return {
    async checkAccess({ billing }) {
      const billed: AccessCheck = {
        id: 'counters',
        title: 'Change counters',
        required: billing,
        state: 'PASSED',
      };
      const login = { id: 'login', title: 'Toy PSA accepts the login', required: true } as const;
      try {
        psa();
        return [{ ...login, state: 'PASSED' }, billed];
      } catch (error) {
        const { message } = error as Error;
        const hint = 'Enter site and password again.';
        return [
          { ...login, state: 'FAILED', message, hint },
          { ...billed, state: 'SKIPPED' },
        ];
      }
    },

    async findCompanies({ search, first, after }) {
      const found = companies().filter(({ name }) => !search || name.includes(search));
      const begin = after ? found.findIndex(({ id }) => id === after) + 1 : 0;
      const nodes = found.slice(begin, begin + first);
      return { nodes, hasNextPage: begin + first < found.length, endCursor: nodes.at(-1)?.id };
    },
    getCompanies: async ids => companies().filter(({ id }) => ids.includes(id)),
    async findCompaniesByName(names) {
      const wanted = new Set(names.map(name => name.toLowerCase()));
      return companies().filter(({ name }) => wanted.has(name.toLowerCase()));
    },

    async listServiceBoards() {
      psa();
      return [{ id: 'desk', name: 'Desk' }];
    },
    async listServiceTypes(boardId) {
      return boardId === 'desk' ? [{ id: 'backup', name: 'Backup', subtypes: [] }] : [];
    },
    listTicketPriorities: async () => [{ id: 'high', name: 'High' }],
    findTickets: async references =>
      psa()
        .tickets.filter(({ key }) => references.includes(key))
        .map(record),
    createTicket: async ({ reference, companyId, summary, body }) =>
      write(toy => {
        if (!toy.companies.has(companyId)) {
          throw new PsaRejected('Toy PSA: no such company.', [{ field: 'company', message: 'Unknown.' }]);
        }
        const ticket = {
          id: `t${toy.tickets.length + 1}`,
          key: reference,
          title: summary.slice(0, 50),
          text: body,
        };
        toy.tickets.push(ticket);
        return record(ticket);
      }),

    async resolveBillingTargets(requests) {
      const { counters, companies } = psa();
      return requests.map(({ companyId, level }) => {
        const unresolved = { state: 'UNRESOLVED' } as const;
        if (level !== 'Default') {
          return { ...unresolved, reason: 'NO_SUCH_LEVEL', message: `Toy PSA has no level "${level}".` };
        }
        const quantity = counters.get(companyId);
        if (quantity === undefined) {
          return { ...unresolved, reason: 'NO_AGREEMENT', message: 'The company has no counter. Add one.' };
        }
        const description = `Counter of ${companies.get(companyId)}`;
        return {
          state: 'RESOLVED',
          target: { key: companyId, description, quantity, place: { companyId } },
        };
      });
    },
    setBilledQuantity: async (target, quantity) =>
      write(({ counters }) => {
        const { companyId } = target.place as { companyId: string };
        const before = counters.get(companyId)!;
        if (Number(before) === Number(quantity)) {
          return { state: 'UNCHANGED', before, after: before, recordId: companyId };
        }
        counters.set(companyId, quantity);
        return { state: 'APPLIED', before, after: counters.get(companyId)!, recordId: companyId };
      }),
  };
}
