import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SANDBOX_LOGIN } from '../../plugins/connectwise/sandbox/seed.js';
import type { BenchSandbox } from '../support/stage.js';

const { companyId, keys } = SANDBOX_LOGIN;
export const sandboxHeaders = {
  authorization: `Basic ${Buffer.from(`${companyId}+${keys.username}:${keys.password}`).toString('base64')}`,
  'content-type': 'application/json',
};
export const apiOf = ({ url }: BenchSandbox) => `${url}/v4_6_release/apis/3.0`;

export interface Arrivals {
  /** Sends something that makes one ticket, and answers how many milliseconds later the ticket was there. */
  after(send: () => Promise<unknown>): Promise<number>;
  stop(): Promise<void>;
}

/** Has the sandbox report each ticket by a ConnectWise callback, at the moment when it is created. */
export async function listenForTickets(sandbox: BenchSandbox): Promise<Arrivals> {
  const arrivals = new EventEmitter();
  const receiver = createServer((request, response) => {
    arrivals.emit('ticket', performance.now());
    request.resume();
    response.end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const callback = await fetch(`${apiOf(sandbox)}/system/callbacks`, {
    method: 'POST',
    headers: sandboxHeaders,
    body: JSON.stringify({
      url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/?recordId=`,
      type: 'Ticket',
      level: 'Owner',
      objectId: 1,
    }),
  });
  const { id } = (await callback.json()) as { id: number };
  return {
    async after(send) {
      const arrival = once(arrivals, 'ticket') as Promise<[number]>;
      const began = performance.now();
      await send();
      return (await arrival)[0] - began;
    },
    async stop() {
      await fetch(`${apiOf(sandbox)}/system/callbacks/${id}`, { method: 'DELETE', headers: sandboxHeaders });
      receiver.close();
    },
  };
}
