import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxApi, startSandboxApi } from '../../../../support/sandbox-api.js';

let api: SandboxApi;
beforeAll(async () => {
  api = await startSandboxApi();
});
afterAll(() => api.close());

const ids = (rows: { id: number }[]) => rows.map(row => row.id);

describe('a collection', () => {
  test('has 25 rows a page unless more are asked for, and never more than 1,000', async () => {
    expect((await api.get('/company/companies')).json).toHaveLength(25);
    expect((await api.get('/company/companies', { pageSize: 5_000 })).json).toHaveLength(1_000);
  });

  test('is read completely by pages in a given order, and is empty past its end', async () => {
    const all: number[] = [];
    for (let page = 1; page <= 3; page += 1) {
      const { json } = await api.get('/company/companies', { orderBy: 'id asc', pageSize: 500, page });
      all.push(...ids(json));
    }
    expect(new Set(all).size).toBe(api.store.companies.all().length);
    expect((await api.get('/company/companies', { orderBy: 'id asc', page: 999 })).json).toEqual([]);
  });

  test('has no order without orderBy, so that no client relies on one', async () => {
    const orders = new Set<string>();
    for (let i = 0; i < 5; i += 1) orders.add(String(ids((await api.get('/company/companies')).json)));
    expect(orders.size).toBeGreaterThan(1);
  });

  test('links to the next and previous pages under another host, and to none beyond its ends', async () => {
    const first = await api.get('/company/companies', { orderBy: 'id asc', pageSize: 500 });
    expect(first.headers.get('link')).toMatch(/^<https:\/\/na\.myconnectwise\.net\/v2025_1\/.*rel="next"/);
    expect(first.headers.get('link')).not.toContain('rel="prev"');
    const last = await api.get('/company/companies', { orderBy: 'id asc', pageSize: 500, page: 3 });
    expect(last.headers.get('link')).not.toContain('rel="next"');
    expect(last.headers.get('link')).toContain('rel="first"');
  });

  test('pages forward only by id on request, and then rejects an order', async () => {
    const headers = { 'pagination-type': 'forward-only' };
    const first = await api.get('/company/companies', { pageSize: 2 }, { headers });
    const [, after] = ids(first.json);
    expect(first.headers.get('link')).toContain(`pageId=${after}`);
    const next = await api.get('/company/companies', { pageSize: 2, pageId: after! }, { headers });
    expect(Math.min(...ids(next.json))).toBeGreaterThan(after!);
    expect((await api.get('/company/companies', { orderBy: 'id' }, { headers })).status).toBe(400);
    const end = await api.get('/company/companies', { pageId: 999_999 }, { headers });
    expect(end.headers.get('link') ?? '').toBe('');
  });

  test('is counted with conditions', async () => {
    const { json } = await api.get('/company/companies/count', { conditions: 'name like "PM*"' });
    expect(json).toEqual({ count: 2 });
  });

  test('contains the requested fields, without _info, and rejects unknown ones', async () => {
    const { json } = await api.get('/service/boards', { fields: 'id,name', orderBy: 'id asc', pageSize: 1 });
    expect(json).toEqual([{ id: 1, name: 'Integration' }]);
    expect((await api.get('/service/boards', { fields: 'id,colour' })).status).toBe(400);
  });

  test('leaves out nulls', async () => {
    const { text } = await api.get('/service/priorities', { pageSize: 100 });
    expect(text).not.toContain('null');
    expect(JSON.parse(text)).toContainEqual(expect.objectContaining({ name: 'Do Not Respond' }));
  });

  test('accepts parameter names in any case', async () => {
    expect((await api.get('/company/companies', { PAGESIZE: 3 })).json).toHaveLength(3);
  });

  test('is rejected if the URL has over 10,000 characters', async () => {
    const conditions = `name="${'x'.repeat(10_100)}"`;
    expect((await api.get('/company/companies', { conditions })).status).toBe(414);
  });
});

test('the answer has the vendor media type on request', async () => {
  const accept = 'application/vnd.connectwise.com+json; version=2022.1';
  const vendor = await api.get('/service/boards', {}, { headers: { accept } });
  expect(vendor.headers.get('content-type')).toBe(`${accept}; charset=utf-8`);
  const plain = await api.get('/service/boards');
  expect(plain.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(plain.headers.get('x-cw-request-id')).toBeTruthy();
});

test('tickets are searched by POST when the conditions are long', async () => {
  const { status, json } = await api.call('POST', '/service/tickets/search', {
    body: { conditions: 'summary contains "nothing"' },
  });
  expect(status).toBe(200);
  expect(json).toEqual([]);
});

test('types, subtypes and statuses belong to a board', async () => {
  const { json: types } = await api.get('/service/boards/1/types', { orderBy: 'id asc' });
  expect(types.map((type: { name: string }) => type.name)).toEqual(['Backup', 'Billing', 'Legacy']);
  const { json: statuses } = await api.get('/service/boards/2/statuses', { conditions: 'inactive=false' });
  expect(statuses.map((status: { name: string }) => status.name).sort()).toEqual([
    'Closed',
    'In Progress',
    'New',
  ]);
  expect(statuses.every((status: { board: { id: number } }) => status.board.id === 2)).toBe(true);
  expect((await api.get('/service/boards/99/types')).status).toBe(404);
});
