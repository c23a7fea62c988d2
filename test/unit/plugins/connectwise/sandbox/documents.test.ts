import { afterAll, beforeAll, expect, test } from 'vitest';
import { SANDBOX_LOGIN } from '../../../../../plugins/connectwise/sandbox/seed.js';
import { type SandboxApi, startSandboxApi } from '../../../../support/sandbox-api.js';

let api: SandboxApi;
let ticketId: number;
beforeAll(async () => {
  api = await startSandboxApi();
  const body = { summary: 'with a file', company: { id: 250 } };
  ticketId = (await api.call('POST', '/service/tickets', { body })).json.id;
});
afterAll(() => api.close());

const { companyId, keys } = SANDBOX_LOGIN;
const authorization = `Basic ${Buffer.from(`${companyId}+${keys.username}:${keys.password}`).toString('base64')}`;
const url = (path = '') => `${api.url}/v4_6_release/apis/3.0/system/documents${path}`;
const upload = (form: FormData) => fetch(url(), { method: 'POST', headers: { authorization }, body: form });

function form(parts: Record<string, string>, file?: { name: string; content: Uint8Array<ArrayBuffer> }) {
  const data = new FormData();
  for (const [name, value] of Object.entries(parts)) data.set(name, value);
  if (file) data.set('file', new Blob([file.content]), file.name);
  return data;
}

test('a file comes back byte for byte, and is listed at its record', async () => {
  const content = new Uint8Array(Buffer.from([0, 255, 128, 13, 10, 200]));
  const answer = await upload(
    form({ recordType: 'Ticket', recordId: String(ticketId), title: 'Log' }, { name: 'backup.log', content }),
  );
  expect(answer.status).toBe(201);
  const info = (await answer.json()) as { id: number };
  expect(info).toMatchObject({ title: 'Log', fileName: 'backup.log', size: 6 });
  const { json: listed } = await api.get('/system/documents', { recordType: 'Ticket', recordId: ticketId });
  expect(listed.map(({ id }: { id: number }) => id)).toEqual([info.id]);
  const { json: elsewhere } = await api.get('/system/documents', { recordType: 'Ticket', recordId: 1 });
  expect(elsewhere).toEqual([]);
  const download = await fetch(url(`/${info.id}/download`), { headers: { authorization } });
  expect(download.headers.get('content-disposition')).toBe('attachment; filename="backup.log"');
  expect(new Uint8Array(await download.arrayBuffer())).toEqual(content);
});

test('JSON is rejected as an unsupported media type', async () => {
  expect((await api.call('POST', '/system/documents', { body: { recordId: ticketId } })).status).toBe(415);
});

test('an upload without a record, or to a ticket that does not exist, is rejected', async () => {
  expect((await upload(form({ title: 'Log' }))).status).toBe(400);
  const file = { name: 'a', content: new Uint8Array(1) };
  expect((await upload(form({ recordType: 'Ticket', recordId: '1' }, file))).status).toBe(404);
});
