import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { PsaUnreachable } from '../../../src/psa/errors.js';
import { pacedHttp } from '../../../src/psa/paced-http.js';
import { withWriteRight } from '../../../src/psa/write-right.js';
import { psaEnvironment } from '../../support/on-sandbox.js';

test.each([
  ['for its turn', 'before it is its turn'],
  ['for its connection', 'after it was its turn'],
])(
  'a write that waited %s is not sent if its right was lost meanwhile, and counts as not carried out',
  async (_what, frozen) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.method!);
      response.end('{}');
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tickets`;
    const outside = psaEnvironment(['127.0.0.1:*']);
    let allow = () => {};
    const right = { until: Number.POSITIVE_INFINITY };
    const http = pacedHttp(
      outside.http,
      { take: () => new Promise(done => (allow = done as () => void)) },
      8,
    );
    const writing = withWriteRight(right, () => http.request({ method: 'POST', url, body: '{}' }));
    await new Promise(setImmediate);
    if (frozen === 'before it is its turn') right.until = 0;
    allow();
    // All promises have settled; the connection opens only in the next turn of the event loop.
    for (let turns = 0; turns < 50; turns += 1) await null;
    right.until = 0;
    const error = await writing.catch(error => error);
    expect(error).toBeInstanceOf(PsaUnreachable);
    expect(error.mayHaveBeenCarriedOut).toBe(false);
    const reading = http.request({ method: 'GET', url });
    await new Promise(setImmediate);
    allow();
    expect(await reading).toMatchObject({ status: 200 });
    expect(asked).toEqual(['GET']);
    await outside.close();
    server.close();
  },
);
