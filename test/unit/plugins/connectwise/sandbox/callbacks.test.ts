import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { utils } from 'connectwise-rest';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type SandboxApi, startSandboxApi } from '../../../../support/sandbox-api.js';

interface Received {
  path: string;
  signature: string;
  body: string;
}

let api: SandboxApi;
let receiver: Server;
let received: Received[];
let answers: number[];
let now: Date;

beforeEach(async () => {
  now = new Date('2026-11-23T12:00:00Z');
  api = await startSandboxApi({ now: () => now, callbackPausesMs: [1, 1] });
  received = [];
  answers = [];
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({
      path: request.url!,
      signature: String(request.headers['x-content-signature']),
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(answers.shift() ?? 200).end();
  });
  await new Promise<void>(done => receiver.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  await api.close();
  receiver.close();
});

const register = (level: string, objectId: number) =>
  api.call('POST', '/system/callbacks', {
    body: {
      url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/?recordId=`,
      type: 'Ticket',
      level,
      objectId,
    },
  });
const openTicket = async (more: object = {}) =>
  (
    await api.call('POST', '/service/tickets', {
      body: { summary: 'x', company: { id: 250 }, board: { id: 1 }, ...more },
    })
  ).json.id as number;
const arrived = (count: number) => vi.waitFor(() => expect(received).toHaveLength(count), 10_000);

test('a new ticket is posted with its id and action in the URL, with a signature that another client can verify', async () => {
  await register('Owner', 1);
  const id = await openTicket();
  await arrived(1);
  const [{ path, body, signature }] = received as [Received];
  expect(path).toBe(`/?recordId=${id}&action=added`);
  const message = JSON.parse(body);
  expect(message).toMatchObject({ Type: 'ticket', ID: id, Action: 'added', CompanyId: 'company_f' });
  expect(JSON.parse(message.Entity)).toMatchObject({ id, summary: 'x' });
  const { signing_key } = (await (await fetch(message.Metadata.key_url)).json()) as { signing_key: string };
  expect(utils.Callback.verifyMessage(message, signature, signing_key)).toBe(true);
  expect(utils.Callback.verifyMessage({ ...message, ID: id + 1 }, signature, signing_key)).toBe(false);
});

test('a board gets only its own tickets, and nobody gets those that skip callbacks', async () => {
  await register('Board', 2);
  await openTicket();
  await openTicket({ board: { id: 2 }, skipCallback: true });
  const told = await openTicket({ board: { id: 2 } });
  await arrived(1);
  expect(JSON.parse(received[0]!.body).ID).toBe(told);
});

test.each([
  [429, 3],
  [404, 3],
  [500, 1],
  [403, 1],
])('a receiver that answers %i is told %i times in all', async (status, times) => {
  answers = [status, status, status];
  await register('Owner', 1);
  const first = await openTicket();
  await arrived(times);
  const second = await openTicket();
  await arrived(times + 1);
  expect(received.map(({ body }) => JSON.parse(body).ID)).toEqual([...Array(times).fill(first), second]);
});

test('after three days of failures the callback is disabled', async () => {
  const { json } = await register('Owner', 1);
  answers = [500, 500, 500];
  await openTicket();
  await arrived(1);
  now = new Date('2026-11-26T12:00:00Z');
  await openTicket();
  await vi.waitFor(() => expect(api.store.callbacks.get(json.id)!.inactiveFlag).toBe(true), 10_000);
  await openTicket();
  expect(received).toHaveLength(2);
});
