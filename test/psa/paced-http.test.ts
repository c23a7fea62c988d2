import { expect, test } from 'vitest';
import { PsaUnreachable } from '../../src/psa/errors.js';
import type { PsaRequest } from '../../src/psa/http.js';
import { pacedHttp } from '../../src/psa/paced-http.js';

const answer = { status: 200, headers: {}, text: '{}' };

test('whoever lost its turn while a write waited does not send it, and knows that it was not carried out', async () => {
  const sent: PsaRequest[] = [];
  let myTurn = true;
  let allow = () => {};
  const http = pacedHttp(
    {
      async request(request) {
        sent.push(request);
        return answer;
      },
    },
    { take: () => new Promise(done => (allow = done as () => void)) },
    8,
    () => myTurn,
  );
  const writing = http.request({ method: 'POST', url: 'https://psa.example/tickets' });
  await new Promise(setImmediate);
  myTurn = false; // frozen for longer than its lease
  allow();
  const error = await writing.catch(error => error);
  expect(error).toBeInstanceOf(PsaUnreachable);
  expect(error.mayHaveBeenCarriedOut).toBe(false);
  const reading = http.request({ method: 'GET', url: 'https://psa.example/tickets' });
  await new Promise(setImmediate);
  allow();
  await expect(reading).resolves.toBe(answer);
  expect(sent.map(({ method }) => method)).toEqual(['GET']);
});
