import { ApiError } from './api-error.js';
import type { Rows, Stored } from './collection.js';
import { badCondition, type Conditions, parseConditions } from './conditions.js';
import { checkValues, resolvePath } from './schema.js';

export interface ReadResult {
  body: unknown;
  headers?: Record<string, string>;
}

const read = (record: object, path: string[]): unknown =>
  path.reduce<unknown>(
    (value, member) => (value as Record<string, unknown> | null | undefined)?.[member],
    record,
  );

/** Compiles conditions for records of a model. */
export function compile(modelName: string, text: string | null): Conditions | undefined {
  if (!text || text.trim() === '') return undefined;
  const paths = new Map<string, string[]>();
  const pathOf = (path: string) => {
    let resolved = paths.get(path);
    if (!resolved) {
      resolved = resolvePath(modelName, path);
      paths.set(path, resolved);
    }
    return resolved;
  };
  return parseConditions(
    text,
    (record, path) => read(record, pathOf(path)),
    (path, values) => {
      pathOf(path);
      checkValues(modelName, path, values);
    },
  );
}

/** Answers a GET of a collection: conditions, child conditions, order, paging, fields. */
export function readCollection(
  modelName: string,
  source: Rows | Stored[],
  query: URLSearchParams,
  url: string,
  forwardOnly: boolean,
): ReadResult {
  const params = new Map([...query].map(([name, value]) => [name.toLowerCase(), value]));
  const conditions = compile(modelName, params.get('conditions') ?? null);
  let rows = candidates(source, conditions);
  if (conditions) rows = rows.filter(conditions.matches);
  const child = params.get('childconditions');
  if (child) rows = rows.filter(childFilter(child));
  const pageSize = Math.min(Math.max(Number(params.get('pagesize') ?? 25) || 25, 1), 1_000);
  if (forwardOnly) return forwardPage(modelName, rows, params, pageSize, url);
  rows = sorted(modelName, rows, params.get('orderby'));
  const page = Math.max(Number(params.get('page') ?? 1) || 1, 1);
  const last = Math.max(Math.ceil(rows.length / pageSize), 1);
  const slice = rows.slice((page - 1) * pageSize, page * pageSize);
  const link = (target: number, rel: string) => `<${elsewhere(url, 'page', target)}>; rel="${rel}"`;
  const links = [
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
  ];
  return {
    body: slice.map(project(modelName, params.get('fields'))),
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  };
}

function candidates(source: Rows | Stored[], conditions: Conditions | undefined): Stored[] {
  if (Array.isArray(source)) return source;
  const { lookup } = conditions ?? {};
  return (lookup && source.lookup(lookup.path, lookup.values)) ?? source.all();
}

/** `types/name="Customer"`: matches if one member of the array matches. */
function childFilter(text: string): (record: object) => boolean {
  const [, member] = /^\s*\(?\s*(\w+)\//.exec(text) ?? [];
  if (!member) throw badCondition('A child condition names an array.');
  const inner = parseConditions(
    text,
    (record, path) => read(record, path.split('/').slice(1)),
    () => {},
  );
  return record => {
    const children = (record as Record<string, unknown>)[member];
    return Array.isArray(children) && children.some(inner.matches);
  };
}

/** Without orderBy the order is unspecified. It differs each time, so that no client relies on it. */
function sorted(modelName: string, rows: Stored[], orderBy: string | undefined): Stored[] {
  if (!orderBy)
    return rows.length < 2
      ? rows
      : rows
          .map(row => ({ row, at: Math.random() }))
          .sort((a, b) => a.at - b.at)
          .map(({ row }) => row);
  const keys = orderBy.split(',').map(part => {
    const [path, direction] = part.trim().split(/\s+/) as [string, string?];
    return { path: resolvePath(modelName, path), sign: direction?.toLowerCase() === 'desc' ? -1 : 1 };
  });
  return [...rows].sort((a, b) => {
    for (const { path, sign } of keys) {
      const [x, y] = [read(a, path), read(b, path)] as [string, string];
      if (x !== y) return (x ?? '') < (y ?? '') ? -sign : sign;
    }
    return 0;
  });
}

function forwardPage(
  modelName: string,
  rows: Stored[],
  params: Map<string, string>,
  pageSize: number,
  url: string,
): ReadResult {
  if (params.has('orderby')) throw badCondition('orderBy is not supported with forward-only pagination.');
  const after = Number(params.get('pageid') ?? 0);
  const slice = rows
    .filter(row => row.id > after)
    .sort((a, b) => a.id - b.id)
    .slice(0, pageSize);
  const last = slice.at(-1);
  return {
    body: slice.map(project(modelName, params.get('fields'))),
    headers: { link: last ? `<${elsewhere(url, 'pageId', last.id)}>; rel="next"` : '' },
  };
}

/** Links have the host without prefix and the versioned codebase, as in the developer guide: clients must not follow them unchanged. */
function elsewhere(url: string, parameter: string, value: number): string {
  const target = new URL(url, 'https://na.myconnectwise.net');
  target.pathname = target.pathname.replace('/v4_6_release/', '/v2025_1/');
  target.searchParams.set(parameter, String(value));
  return target.href;
}

/** Reduces a record to `fields`. Leaves out nulls, and `_info` unless it is requested. */
export function project(modelName: string, fields: string | null | undefined): (record: object) => object {
  if (!fields) return record => record;
  const paths = fields.split(',').map(field => {
    try {
      return field.trim().toLowerCase() === '_info'
        ? ['_info']
        : resolvePath(modelName, field.trim(), 'allowed');
    } catch {
      throw new ApiError(400, {
        code: 'InvalidField',
        message: `${field.trim()} is not a valid field.`,
        errors: null,
      });
    }
  });
  return record => {
    const result: Record<string, unknown> = {};
    for (const path of paths) {
      const value = read(record, path);
      if (value === undefined || value === null) continue;
      let into = result;
      for (const member of path.slice(0, -1)) {
        into[member] ??= {};
        into = into[member] as Record<string, unknown>;
      }
      into[path.at(-1)!] = value;
    }
    return result;
  };
}
