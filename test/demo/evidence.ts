import Big from 'big.js';
import type { Sandbox } from '../../plugins/connectwise/sandbox/sandbox.js';
import { DeliveriesDocument } from '../../src/gql/typed.js';
import { graphqlClient } from '../support/graphql-client.js';
import type { Told } from './story.js';

/** What the PSA holds in the end, in lines for a person, and what is missing or there twice. */
export interface Evidence {
  tickets: string[];
  additions: string[];
  problems: string[];
}

/** Compares what was owed with what is in the sandbox; what the service says of itself counts for nothing. */
export async function gatherEvidence(
  sandbox: Sandbox,
  url: string,
  { integrationId, partnerToken, owed }: Told,
): Promise<Evidence> {
  const { store } = sandbox;
  const tickets = store.tickets.all();
  const problems: string[] = [];
  if (tickets.length !== owed.tickets)
    problems.push(`${owed.tickets} tickets were owed, ${tickets.length} are there`);

  const { integration } = await graphqlClient(url, partnerToken).ask(
    DeliveriesDocument,
    { id: integrationId, first: 100 },
    partnerToken,
  );
  for (const { id, kind, summary, state, lastError } of integration!.deliveries.nodes) {
    if (state !== 'DELIVERED') problems.push(`"${summary}" is ${state}: ${lastError ?? 'no reason'}`);
    const copies = store.ticketsByReference(`psa-bridge-${id}`).length;
    if (kind !== 'USAGE' && copies !== 1) problems.push(`"${summary}" is in ConnectWise ${copies} times`);
  }

  const additions: string[] = [];
  for (const [company, quantity] of Object.entries(owed.quantities)) {
    const change = store
      .additionsOfCompany(company)
      .flatMap(addition =>
        store.changesOf(addition.id).map(step => ({ ...step, product: addition.product.identifier })),
      );
    const [only, ...others] = change;
    if (!only || others.length > 0 || !new Big(String(only.after)).eq(quantity)) {
      problems.push(`${company}: ${quantity} was owed, the addition’s history is ${JSON.stringify(change)}`);
    } else {
      additions.push(`${company.padEnd(22)} ${only.product?.padEnd(26)} ${only.before} → ${only.after}`);
    }
  }
  return {
    tickets: tickets.map(
      ({ id, board, priority, company, summary }) =>
        `#${id}  ${board.name}  ${(priority?.name ?? '').padEnd(35)} ${company.name?.padEnd(20)} ${summary}`,
    ),
    additions,
    problems,
  };
}
