import { forbidden, invalid, notFound } from './api-error.js';
import type { Stored } from './collection.js';
import { checkWhole, readPatch } from './patching.js';
import { validateBody } from './schema.js';
import type { Credential, Note, Ref, SandboxStore, Ticket } from './store.js';

export interface Writing {
  store: SandboxStore;
  credential: Credential;
  now: string;
  subPaths: 'ignored' | 'applied';
  /** How many decimals of a quantity are kept. */
  keptDecimals?: number;
}

interface Named extends Stored {
  name: string;
  identifier?: string;
}

type Body = Record<string, unknown>;

/** Finds the record of a reference, by id or by name. Throws ConnectWise's 400 for an unknown one. */
function expand(
  store: { all(): Named[]; get(id: number): Named | undefined },
  value: unknown,
  field: string,
  label: string,
  onBoard?: Ref,
): Ref | undefined {
  if (value === undefined || value === null) return undefined;
  const { id, name, identifier } = value as Ref;
  const isThere = (row: Named | undefined) =>
    row !== undefined && (onBoard === undefined || (row as Named & { board?: Ref }).board?.id === onBoard.id);
  const found =
    id !== undefined
      ? store.get(id)
      : store
          .all()
          .find(
            row => isThere(row) && (name !== undefined ? row.name === name : row.identifier === identifier),
          );
  if (!found || !isThere(found)) {
    const where = onBoard ? ` for Service Board ${onBoard.id}` : '';
    throw invalid('ticket', {
      code: 'NotFound',
      message: `${label} ${id ?? name ?? identifier} not found${where}`,
      field: `${field}/id`,
    });
  }
  return { id: found.id, name: found.name, ...(found.identifier ? { identifier: found.identifier } : {}) };
}

/** Creates a ticket. Its texts become notes and are not returned. Missing members get the board's defaults. */
export function createTicket({ store, credential, now }: Writing, body: Body): Ticket {
  validateBody('ticket', 'Ticket', body, [
    'initialDescription',
    'initialInternalAnalysis',
    'initialResolution',
    'skipCallback',
  ]);
  const company = expand(store.companies, body.company, 'company', 'Company')!;
  const boards = store.boards;
  const board = expand(boards, body.board, 'board', 'Service Board') ?? boardRef(store);
  const parts = boardParts(store, body, board);
  const status =
    parts.status ?? firstOf(store.statuses.all().filter(row => row.board.id === board.id && row.defaultFlag));
  const ticket = store.tickets.add({
    summary: body.summary as string,
    recordType: (body.recordType as string) ?? 'ServiceTicket',
    company,
    board,
    status: status!,
    ...(parts.type ? { type: parts.type } : {}),
    ...(parts.subType ? { subType: parts.subType } : {}),
    ...(parts.item ? { item: parts.item } : {}),
    priority:
      expand(store.priorities, body.priority, 'priority', 'Service Priority') ??
      firstOf(store.priorities.all().filter(row => row.defaultFlag)),
    source:
      expand(store.sources, body.source, 'source', 'Service Source') ??
      firstOf(store.sources.all().filter(row => row.defaultFlag)),
    ...(body.externalXRef ? { externalXRef: body.externalXRef as string } : {}),
    severity: (body.severity as string) ?? 'Medium',
    impact: (body.impact as string) ?? 'Medium',
    closedFlag: false,
    automaticEmailContactFlag: (body.automaticEmailContactFlag as boolean) ?? true,
    _info: { dateEntered: now, enteredBy: credential.user, lastUpdated: now, updatedBy: credential.user },
  });
  const texts = [
    [body.initialDescription, 'detailDescriptionFlag'],
    [body.initialInternalAnalysis, 'internalAnalysisFlag'],
    [body.initialResolution, 'resolutionFlag'],
  ] as const;
  for (const [text, flag] of texts) {
    if (text)
      store.notes.add({
        ticketId: ticket.id,
        text: String(text),
        [flag]: true,
        dateCreated: now,
        createdBy: credential.user,
      });
  }
  return ticket;
}

/** Status, type and subtype must belong to the board, and the subtype must be associated with the type. */
function boardParts(
  store: SandboxStore,
  body: Body,
  board: Ref,
): { status?: Ref; type?: Ref; subType?: Ref; item?: Ref } {
  const status = expand(store.statuses, body.status, 'status', 'Service Status', board);
  const type = expand(store.types, body.type, 'type', 'Service Type', board);
  const subType = expand(store.subtypes, body.subType, 'subType', 'Service SubType', board);
  const item = expand(store.items, body.item, 'item', 'Service Item', board);
  if (subType && (!type || !store.subtypes.get(subType.id)!.typeAssociationIds?.includes(type.id))) {
    throw invalid('ticket', {
      code: 'InvalidObject',
      message: `Service SubType ${subType.id} is not associated with Service Type ${type?.id ?? 'none'}`,
      field: 'subType/id',
    });
  }
  return { status, type, subType, item };
}

function boardRef(store: SandboxStore): Ref {
  const [first] = store.boards.all().filter(board => !board.inactiveFlag && !board.projectFlag);
  return { id: first!.id, name: first!.name };
}

function firstOf(rows: Named[]): Ref | undefined {
  const [row] = rows;
  return row && { id: row.id, name: row.name };
}

export function patchTicket(
  { store, credential, now, subPaths }: Writing,
  ticket: Ticket,
  body: unknown,
): Ticket {
  const changes = readPatch('ticket', 'Ticket', body, subPaths);
  checkWhole('ticket', 'Ticket', { ...ticket, ...changes });
  const board = changes.board ? expand(store.boards, changes.board, 'board', 'Service Board')! : ticket.board;
  const parts = boardParts(
    store,
    { status: ticket.status, type: ticket.type, subType: ticket.subType, item: ticket.item, ...changes },
    board,
  );
  const closes = parts.status && store.statuses.get(parts.status.id)?.closedStatus === true;
  if (closes && !credential.rights.has('closeServiceTickets')) throw forbidden();
  store.tickets.change(ticket, {
    ...(changes as Partial<Ticket>),
    board,
    ...(parts.status ? { status: parts.status } : {}),
    ...(parts.type ? { type: parts.type } : {}),
    ...(parts.subType ? { subType: parts.subType } : {}),
    ...(parts.item ? { item: parts.item } : {}),
    ...('priority' in changes
      ? { priority: expand(store.priorities, changes.priority, 'priority', 'Service Priority') }
      : {}),
    closedFlag: closes === true,
    ...(closes
      ? { closedDate: now, closedBy: credential.user }
      : { closedDate: undefined, closedBy: undefined }),
    _info: { ...ticket._info, lastUpdated: now, updatedBy: credential.user },
  });
  return ticket;
}

export function createNote({ store, credential, now }: Writing, ticketId: number, body: Body): Note {
  if (!store.tickets.get(ticketId)) throw notFound(`Ticket ${ticketId}`);
  validateBody('ticketNote', 'ServiceNote', body);
  const sections = ['detailDescriptionFlag', 'internalAnalysisFlag', 'resolutionFlag'] as const;
  if (!sections.some(flag => body[flag])) {
    throw invalid('ticketNote', {
      code: 'MissingRequiredField',
      message: 'One of the note types has to be set.',
      field: 'detailDescriptionFlag',
    });
  }
  return store.notes.add({
    ...(body as Partial<Note>),
    ticketId,
    text: String(body.text ?? ''),
    dateCreated: now,
    createdBy: credential.user,
  });
}
