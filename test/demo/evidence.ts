import Big from 'big.js';
import type { Sandbox } from '../../plugins/connectwise/sandbox/sandbox.js';
import { DeliveriesDocument } from '../../src/gql/typed.js';
import { graphqlClient } from '../support/graphql-client.js';
import type { PlayedStory } from './story.js';

/** What the PSA contains in the end, in lines for a person, and what is missing or there twice. */
export interface Evidence {
  tickets: string[];
  additions: string[];
  problems: string[];
}

/** Compares what is expected with what is in the sandbox. The state that the service reports is not enough. */
export async function gatherEvidence(
  sandbox: Sandbox,
  url: string,
  { integrationId, partnerToken, expected }: PlayedStory,
): Promise<Evidence> {
  const { store } = sandbox;
  const tickets = store.tickets.all();
  const problems: string[] = [];
  if (tickets.length !== expected.tickets)
    problems.push(`${expected.tickets} tickets are expected, ${tickets.length} are there`);

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
  for (const [company, quantity] of Object.entries(expected.quantities)) {
    const change = store
      .additionsOfCompany(company)
      .flatMap(addition =>
        store.changesOf(addition.id).map(step => ({ ...step, product: addition.product.identifier })),
      );
    const [only, ...others] = change;
    if (!only || others.length > 0 || !new Big(String(only.after)).eq(quantity)) {
      problems.push(
        `${company}: ${quantity} is expected, the addition’s history is ${JSON.stringify(change)}`,
      );
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
