import { PsaSurprise, type TicketDraft, type TicketRecord } from 'psa-bridge/plugin';
import type { ConnectWiseClient } from './client.js';
import { chunks, quoted } from './conditions.js';
import { newTicket, type Ticket, ticket } from './records.js';

/** ConnectWise rejects longer ones with MaxLengthField. */
const longestSummary = 100;

/** Tickets whose external reference is one of these, oldest first. */
export async function findTickets(
  client: ConnectWiseClient,
  references: readonly string[],
): Promise<TicketRecord[]> {
  const pages = await Promise.all(
    chunks(references.map(quoted)).map(chunk =>
      client.getAll('/service/tickets', ticket, {
        params: { conditions: `externalXRef in (${chunk.join(',')})`, fields: 'id,summary,externalXRef' },
      }),
    ),
  );
  const wanted = new Set(references);
  // ConnectWise's own comparison ignores case (our inference); this one does not.
  return pages.flatMap(page =>
    page.filter(found => wanted.has(found.externalXRef)).map(found => toRecord(client, found)),
  );
}

/**
 * Creates a ticket, with mail to its contact switched off: a board may be configured to write to the customer about
 * every new ticket, and tickets about backups are for the partner.
 */
export async function createTicket(client: ConnectWiseClient, draft: TicketDraft): Promise<TicketRecord> {
  const created = await client.post('/service/tickets', newTicket, {
    summary: cut(draft.summary),
    recordType: 'ServiceTicket',
    company: { id: Number(draft.companyId) },
    ...(draft.boardId ? { board: { id: Number(draft.boardId) } } : {}),
    ...(draft.typeId ? { type: { id: Number(draft.typeId) } } : {}),
    ...(draft.subtypeId ? { subType: { id: Number(draft.subtypeId) } } : {}),
    ...(draft.priorityId ? { priority: { id: Number(draft.priorityId) } } : {}),
    externalXRef: draft.reference,
    initialDescription: draft.body,
    automaticEmailContactFlag: false,
    automaticEmailCcFlag: false,
  });
  if (created.externalXRef && created.externalXRef !== draft.reference) {
    throw new PsaSurprise('ConnectWise answered a new ticket with a different one.', {
      mayHaveBeenCarriedOut: true,
    });
  }
  return toRecord(client, { ...created, externalXRef: draft.reference });
}

/** Shortens to whole characters as people see them (grapheme clusters), never to a part of one. */
function cut(summary: string): string {
  const line = summary.replace(/\s+/g, ' ').trim();
  if (line.length <= longestSummary) return line;
  let text = '';
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    if (text.length + segment.length > longestSummary - 1) break;
    text += segment;
  }
  return `${text}…`;
}

/** The URL has the form of ConnectWise's own links (seen in client code): it opens the ticket in the browser. */
function toRecord(client: ConnectWiseClient, { id, summary, externalXRef }: Ticket): TicketRecord {
  const query = new URLSearchParams({ service_recid: String(id), companyName: client.companyId });
  return {
    id: String(id),
    reference: externalXRef,
    summary,
    url: `${client.uiOrigin}/v4_6_release/services/system_io/Service/fv_sr100_request.rails?${query}`,
  };
}
