import { createAddition, deleteAddition, echoAddition, patchAddition, shown } from './additions.js';
import { ApiError, forbidden, notFound } from './api-error.js';
import { type CallbackDelivery, callbackAt, createCallback, patchCallback } from './callbacks.js';
import type { Rows, Stored } from './collection.js';
import { createDocument, withoutContent } from './documents.js';
import { compile, project, type ReadResult, readCollection } from './reading.js';
import type { Addition, Right } from './store.js';
import { createNote, createTicket, patchTicket, type Writing } from './tickets.js';

export interface ApiRequest extends Writing {
  method: string;
  /** Below `/apis/3.0`. */
  path: string;
  query: URLSearchParams;
  url: string;
  /** JSON, or an uploaded form. */
  body: unknown;
  forwardOnly: boolean;
  parentListsChildren: boolean;
  echoes: boolean;
  callbacks: CallbackDelivery;
}

export interface ApiAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

interface Route {
  method: string;
  pattern: RegExp;
  /** Undefined: no right is needed. */
  right: Right | undefined;
  handle(request: ApiRequest, ids: number[]): ApiAnswer;
}

function route(method: string, path: string, right: Right | undefined, handle: Route['handle']): Route {
  return { method, pattern: new RegExp(`^${path.replaceAll(':id', '(\\d+)')}$`, 'i'), right, handle };
}

type Source = (request: ApiRequest, ids: number[]) => Rows | Stored[];

/** The routes of a readable collection: the list, its count, and each record. */
function readable(path: string, modelName: string, right: Right | undefined, source: Source): Route[] {
  const visible: Source = (request, ids) => {
    const rows = source(request, ids);
    if (request.credential.allRecords) return rows;
    const all = Array.isArray(rows) ? rows : rows.all();
    return all.filter(row => row._info?.enteredBy === request.credential.user);
  };
  const list = (request: ApiRequest, ids: number[]): ReadResult =>
    readCollection(modelName, visible(request, ids), request.query, request.url, request.forwardOnly);
  return [
    route('GET', path, right, (request, ids) => ({ status: 200, ...list(request, ids) })),
    route('GET', `${path}/count`, right, (request, ids) => {
      const rows = visible(request, ids);
      const conditions = compile(modelName, request.query.get('conditions'));
      const all = Array.isArray(rows) ? rows : rows.all();
      return {
        status: 200,
        body: { count: conditions ? all.filter(conditions.matches).length : all.length },
      };
    }),
    route('GET', `${path}/:id`, right, (request, ids) => {
      const id = ids.at(-1)!;
      const rows = visible(request, ids.slice(0, -1));
      const row = Array.isArray(rows) ? rows.find(other => other.id === id) : rows.get(id);
      if (!row) throw notFound(`${modelName} ${id}`);
      return { status: 200, body: project(modelName, request.query.get('fields'))(row) };
    }),
  ];
}

const onBoard =
  (pick: 'types' | 'subtypes' | 'items' | 'statuses'): Source =>
  ({ store }, [boardId]) => {
    if (!store.boards.get(boardId!)) throw notFound(`Service Board ${boardId}`);
    return (store[pick].all() as (Stored & { board: { id: number } })[]).filter(
      row => row.board.id === boardId,
    );
  };

const associations: Source = (request, ids) => {
  const { store } = request;
  const subtypes = onBoard('subtypes')(request, ids) as (Stored & {
    name: string;
    typeAssociationIds?: number[];
  })[];
  let id = 0;
  return subtypes.flatMap(subType =>
    (subType.typeAssociationIds ?? []).map(typeId => {
      id += 1;
      return {
        id,
        type: { id: typeId, name: store.types.get(typeId)?.name },
        subType: { id: subType.id, name: subType.name },
      };
    }),
  );
};

const additionsOf: Source = ({ store, parentListsChildren }, [agreementId]) => {
  if (!store.agreements.get(agreementId!)) throw notFound(`Agreement ${agreementId}`);
  const children = parentListsChildren
    ? store.agreements.all().filter(({ parentAgreement }) => parentAgreement?.id === agreementId)
    : [];
  const listed = [agreementId, ...children.map(({ id }) => id)];
  return listed
    .flatMap(id => store.additions.lookup('agreementid', [id]) ?? [])
    .map(row => shown(store, row) as Stored);
};

function additionAt({ store }: ApiRequest, [agreementId, id]: number[]): Addition {
  const addition = store.additions.get(id!);
  if (!addition || addition.agreementId !== agreementId) throw notFound(`Addition ${id}`);
  return addition;
}

function ticketAt({ store, credential }: ApiRequest, id: number) {
  const ticket = store.tickets.get(id);
  if (!ticket || (!credential.allRecords && ticket._info?.enteredBy !== credential.user))
    throw notFound(`Ticket ${id}`);
  return ticket;
}

/** The record of documents is named by query parameters, not by conditions (specification). */
const documentsOf: Source = ({ store, query }) => {
  const params = new Map([...query].map(([name, value]) => [name.toLowerCase(), value]));
  return store.documents
    .all()
    .filter(
      row =>
        (!params.has('recordtype') || row.recordType === params.get('recordtype')) &&
        (!params.has('recordid') || row.recordId === Number(params.get('recordid'))),
    )
    .map(withoutContent);
};

const writes: Route[] = [
  route('POST', '/service/tickets', 'serviceTickets', request => {
    const body = request.body as Record<string, unknown>;
    const ticket = createTicket(request, body);
    if (!body.skipCallback) request.callbacks.ticketChanged(ticket, 'added', request.credential.user);
    return { status: 201, body: ticket };
  }),
  route('POST', '/service/tickets/search', 'serviceTickets', request => {
    const { conditions = '', orderBy, childconditions } = (request.body ?? {}) as Record<string, string>;
    const query = new URLSearchParams(request.query);
    query.set('conditions', conditions);
    if (orderBy) query.set('orderBy', orderBy);
    if (childconditions) query.set('childConditions', childconditions);
    return {
      status: 200,
      ...readCollection('Ticket', request.store.tickets, query, request.url, request.forwardOnly),
    };
  }),
  route('PATCH', '/service/tickets/:id', 'serviceTickets', (request, [id]) => {
    const ticket = patchTicket(request, ticketAt(request, id!), request.body);
    request.callbacks.ticketChanged(ticket, 'updated', request.credential.user);
    return { status: 200, body: ticket };
  }),
  route('DELETE', '/service/tickets/:id', 'serviceTickets', (request, [id]) => {
    const ticket = ticketAt(request, id!);
    request.store.tickets.delete(ticket);
    request.callbacks.ticketChanged(ticket, 'deleted', request.credential.user);
    return { status: 204 };
  }),
  route('POST', '/service/tickets/:id/notes', 'serviceTickets', (request, [id]) => ({
    status: 201,
    body: createNote(request, id!, request.body as Record<string, unknown>),
  })),
  route('POST', '/finance/agreements/:id/additions', 'agreements', (request, [id]) => {
    const agreement = request.store.agreements.get(id!);
    if (!agreement) throw notFound(`Agreement ${id}`);
    return {
      status: 201,
      body: shown(request.store, createAddition(request, agreement, request.body as Record<string, unknown>)),
    };
  }),
  route('PATCH', '/finance/agreements/:id/additions/:id', 'agreements', (request, ids) => ({
    status: 200,
    body: shown(
      request.store,
      (request.echoes ? echoAddition : patchAddition)(request, additionAt(request, ids), request.body),
    ),
  })),
  route('DELETE', '/finance/agreements/:id/additions/:id', 'agreements', (request, ids) => {
    deleteAddition(request, additionAt(request, ids));
    return { status: 204 };
  }),
  route('POST', '/system/documents', 'documents', request => ({
    status: 201,
    body: createDocument(request, request.body),
  })),
  route('DELETE', '/system/documents/:id', 'documents', ({ store }, [id]) => {
    const document = store.documents.get(id!);
    if (!document) throw notFound(`Document ${id}`);
    store.documents.delete(document);
    return { status: 204 };
  }),
  route('POST', '/system/callbacks', undefined, request => ({
    status: 201,
    body: createCallback(request, request.body as Record<string, unknown>),
  })),
  route('PATCH', '/system/callbacks/:id', undefined, (request, [id]) => ({
    status: 200,
    body: patchCallback(request, callbackAt(request.store, id!), request.body),
  })),
  route('DELETE', '/system/callbacks/:id', undefined, ({ store }, [id]) => {
    store.callbacks.delete(callbackAt(store, id!));
    return { status: 204 };
  }),
];

const routes: Route[] = [
  ...writes,
  ...readable('/service/boards', 'Board', 'tableSetup', ({ store }) => store.boards),
  ...readable('/service/info/boards', 'Board', 'serviceTickets', ({ store }) => store.boards),
  ...readable('/service/boards/:id/types', 'BoardType', 'tableSetup', onBoard('types')),
  ...readable('/service/boards/:id/subtypes', 'BoardSubType', 'tableSetup', onBoard('subtypes')),
  ...readable('/service/boards/:id/items', 'BoardSubType', 'tableSetup', onBoard('items')),
  ...readable('/service/boards/:id/statuses', 'BoardStatus', 'tableSetup', onBoard('statuses')),
  ...readable(
    '/service/boards/:id/typeSubTypeItemAssociations',
    'BoardTypeSubTypeItemAssociation',
    'tableSetup',
    associations,
  ),
  ...readable('/service/priorities', 'Priority', 'tableSetup', ({ store }) => store.priorities),
  ...readable('/service/sources', 'Priority', 'tableSetup', ({ store }) => store.sources),
  ...readable('/service/tickets', 'Ticket', 'serviceTickets', ({ store }) => store.tickets),
  ...readable(
    '/service/tickets/:id/notes',
    'ServiceNote',
    'serviceTickets',
    ({ store }, [id]) => store.notes.lookup('ticketid', [id]) ?? [],
  ),
  ...readable('/company/companies', 'Company', 'companies', ({ store }) => store.companies),
  ...readable(
    '/company/companies/statuses',
    'CompanyStatus',
    'companies',
    ({ store }) => store.companyStatuses,
  ),
  ...readable('/company/companies/types', 'CompanyStatus', 'companies', ({ store }) => store.companyTypes),
  ...readable('/finance/agreements', 'Agreement', 'agreements', ({ store }) => store.agreements),
  ...readable(
    '/finance/agreements/types',
    'AgreementType',
    'agreements',
    ({ store }) => store.agreementTypes,
  ),
  ...readable('/finance/agreements/:id/additions', 'Addition', 'agreements', additionsOf),
  ...readable('/procurement/catalog', 'CatalogItem', 'catalog', ({ store }) => store.catalog),
  ...readable(
    '/company/managedDevicesIntegrations',
    'ManagedDevicesIntegration',
    'management',
    ({ store }) => store.integrations,
  ),
  ...readable(
    '/company/managedDevicesIntegrations/:id/crossReferences',
    'ManagedDevicesIntegrationCrossReference',
    'management',
    ({ store }, [id]) => store.crossReferences.all().filter(row => row.managedDevicesIntegration.id === id),
  ),
  ...readable('/system/documents', 'DocumentInfo', 'documents', documentsOf),
  route('GET', '/system/documents/:id/download', 'documents', ({ store }, [id]) => {
    const document = store.documents.get(id!);
    if (!document) throw notFound(`Document ${id}`);
    return {
      status: 200,
      body: document.content,
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="${encodeURIComponent(document.fileName)}"`,
      },
    };
  }),
  ...readable('/system/callbacks', 'CallbackEntry', undefined, ({ store }) => store.callbacks),
  ...readable('/system/members', 'Member', 'members', ({ store }) => store.members),
  route('GET', '/system/info', undefined, () => ({
    status: 200,
    body: {
      version: 'v2025.1.91234',
      isCloud: true,
      serverTimeZone: 'Eastern Standard Time',
      cloudRegion: 'NA',
    },
  })),
];

/** Answers one authenticated request; undefined for a path that ConnectWise does not have. */
export function answer(request: ApiRequest): ApiAnswer | undefined {
  let methodKnown = false;
  for (const { method, pattern, right, handle } of routes) {
    const found = pattern.exec(request.path);
    if (!found) continue;
    methodKnown = true;
    if (method !== request.method) continue;
    if (right && !request.credential.rights.has(right)) throw forbidden();
    return handle(request, found.slice(1).map(Number));
  }
  if (methodKnown) {
    throw new ApiError(405, {
      code: 'MethodNotAllowed',
      message: `The requested resource does not support http method '${request.method}'.`,
      errors: null,
    });
  }
  return undefined;
}
