import type { CredentialProblem, PsaAdapter, PsaPlugin } from 'psa-bridge/plugin';
import { checkAccess } from './access.js';
import { setBilledQuantity } from './additions.js';
import { resolveBillingTargets } from './billing.js';
import { listServiceBoards, listServiceTypes, listTicketPriorities } from './boards.js';
import { connectWiseClient } from './client.js';
import { companies } from './companies.js';
import { crossReferences, toBillingLevels } from './cross-references.js';
import { readSite, shortForm } from './site.js';
import { createTicket, findTickets } from './tickets.js';

/** ConnectWise PSA (formerly Manage), over its REST API. */
export const plugin: PsaPlugin = {
  id: 'connectwise',
  name: 'ConnectWise PSA',
  credentialFields: [
    {
      key: 'site',
      label: 'Site',
      placeholder: 'na.myconnectwise.net',
      help: 'The host where you log in to ConnectWise. Scheme and path are not needed.',
      required: true,
      secret: false,
    },
    {
      key: 'companyId',
      label: 'Company ID (as on the login page)',
      placeholder: 'company_f',
      help: 'The text that you enter in the field "Company" when you log in to ConnectWise; not a number, and not the display name.',
      required: true,
      secret: false,
    },
    {
      key: 'username',
      label: 'Public key, or integrator login',
      help: 'An API member’s public key (recommended), or the user name of an integrator login.',
      required: true,
      secret: false,
    },
    {
      key: 'password',
      label: 'Private key, or integrator password',
      help: 'The private key that belongs to the public key, or the integrator login’s password.',
      required: true,
      secret: true,
    },
  ],
  capabilities: ['TICKETS', 'AGREEMENT_ADDITIONS', 'BILLING_LEVELS'],

  readCredentials(typed) {
    const problems: CredentialProblem[] = [];
    const credentials: Record<string, string> = {};
    for (const { key, label, required } of plugin.credentialFields) {
      const value = typed[key]?.trim() ?? '';
      if (required && value === '') problems.push({ key, message: `${label} is missing.` });
      credentials[key] = value;
    }
    const site = readSite(credentials.site!);
    if (credentials.site !== '' && !site) {
      problems.push({ key: 'site', message: 'This is not a host name such as na.myconnectwise.net.' });
    }
    if (problems.length > 0) return { problems };
    return { credentials: { ...credentials, site: shortForm(site!) } };
  },

  accountKey({ site, companyId }) {
    return `${readSite(site ?? '')?.uiOrigin}/${companyId}`;
  },

  connect(credentials, environment): PsaAdapter {
    const client = connectWiseClient(credentials, environment);
    const customers = companies(client);
    const { solutionName } = environment;
    return {
      checkAccess: needs => checkAccess(client, solutionName, needs),
      listServiceBoards: () => listServiceBoards(client),
      listServiceTypes: boardId => listServiceTypes(client, boardId),
      listTicketPriorities: () => listTicketPriorities(client),
      findCompanies: query => customers.find(query),
      getCompanies: ids => customers.get(ids),
      findCompaniesByName: names => customers.findByName(names),
      listBillingLevels: async () => toBillingLevels(await crossReferences(client, solutionName)),
      findTickets: references => findTickets(client, references),
      createTicket: draft => createTicket(client, draft),
      resolveBillingTargets: (requests, options) =>
        resolveBillingTargets(client, solutionName, requests, options),
      setBilledQuantity: (target, quantity, period) => setBilledQuantity(client, target, quantity, period),
    };
  },
};
