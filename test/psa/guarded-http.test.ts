import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { PsaSurprise, PsaUnreachable } from '../../src/psa/errors.js';
import type { GuardedHttpOptions } from '../../src/psa/guarded-http.js';
import { ownCertificate } from '../support/certificate.js';
import { type Outside, psaEnvironment } from '../support/on-sandbox.js';

const servers: Server[] = [];
const outsides: Outside[] = [];
afterEach(async () => {
  for (const outside of outsides.splice(0)) await outside.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener, tls?: { key: string; cert: string }): Promise<string> {
  const server = (tls ? createSecureServer(tls, listener) : createServer(listener)) as Server;
  servers.push(server);
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function guarded(allowedHosts: string[], options: Partial<GuardedHttpOptions> = {}) {
  const outside = psaEnvironment(allowedHosts, options);
  outsides.push(outside);
  return outside.http;
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it did not fail'),
    error => error,
  );

describe('the way out', () => {
  test.each([
    ['a loopback address', 'https://127.0.0.1/'],
    ['a loopback address in decimal', 'https://2130706433/'],
    ['a loopback address in octal', 'https://0177.0.0.1/'],
    ['a loopback address in hex', 'https://0x7f000001/'],
    ['a private address', 'https://10.1.2.3/'],
    ['a private address of the 172 range', 'https://172.16.0.9/'],
    ['a private address of the 192 range', 'https://192.168.1.1/'],
    ['the metadata address of clouds', 'https://169.254.169.254/latest/meta-data/'],
    ['carrier-grade NAT', 'https://100.64.0.1/'],
    ['an unspecified address', 'https://0.0.0.0/'],
    ['the IPv6 loopback', 'https://[::1]/'],
    ['a mapped IPv4 address', 'https://[::ffff:127.0.0.1]/'],
    ['a unique local IPv6 address', 'https://[fd00::1]/'],
    ['a link-local IPv6 address', 'https://[fe80::1]/'],
    ['a name that leads to a private address', 'https://localhost/'],
    ['plain http', 'http://example.com/'],
  ])('does not lead to %s', async (_what, url) => {
    const error = await failure(guarded([]).request({ method: 'POST', url, body: '{}' }));
    expect(error).toBeInstanceOf(PsaUnreachable);
    expect(error.message).toMatch(/does not connect to it/);
    expect(error.mayHaveBeenCarriedOut).toBe(false);
  });

  test('leads to a host on the list, and only on its own port', async () => {
    const host = await serve((_request, response) => response.end('hello'));
    await expect(guarded([host]).request({ method: 'GET', url: `http://${host}/` })).resolves.toMatchObject({
      status: 200,
      text: 'hello',
    });
    const error = await failure(guarded(['127.0.0.1:1']).request({ method: 'GET', url: `http://${host}/` }));
    expect(error).toBeInstanceOf(PsaUnreachable);
  });

  test('does not follow a redirect', async () => {
    let asked = 0;
    const host = await serve((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: 'http://127.0.0.1/secret' }).end();
    });
    const answer = await guarded([host]).request({ method: 'GET', url: `http://${host}/` });
    expect(answer.status).toBe(302);
    expect(asked).toBe(1);
  });

  test('keeps connections for the next request', async () => {
    const ports = new Set<number | undefined>();
    const host = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    const http = guarded([host], { connectionsPerSite: 1 });
    for (let n = 0; n < 5; n += 1) await http.request({ method: 'GET', url: `http://${host}/` });
    expect(ports.size).toBe(1);
  });
});

describe('a request that fails', () => {
  test('because nothing listens was not carried out', async () => {
    const error = await failure(
      guarded(['127.0.0.1:1']).request({ method: 'POST', url: 'http://127.0.0.1:1/', body: '{}' }),
    );
    expect(error).toMatchObject({
      message: '127.0.0.1:1 does not answer: it refuses the connection.',
      mayHaveBeenCarriedOut: false,
    });
  });

  test('because there is no such host was not carried out', async () => {
    const error = await failure(
      guarded(['nowhere.invalid']).request({ method: 'POST', url: 'https://nowhere.invalid/', body: '{}' }),
    );
    expect(error).toMatchObject({
      message: expect.stringContaining('there is no host of this name'),
      mayHaveBeenCarriedOut: false,
    });
  });

  test('because the certificate is not trusted was not carried out', async () => {
    const host = await serve((_request, response) => response.end(), await ownCertificate());
    const error = await failure(
      guarded([host]).request({ method: 'POST', url: `https://${host}/`, body: '{}' }),
    );
    expect(error).toMatchObject({
      message: expect.stringContaining('its certificate is not trusted'),
      mayHaveBeenCarriedOut: false,
    });
  });

  test('because the answer takes too long may have been carried out, if it writes', async () => {
    const host = await serve(() => {});
    const http = guarded([host]);
    const write = await failure(
      http.request({ method: 'POST', url: `http://${host}/`, body: '{}', timeoutMs: 50 }),
    );
    expect(write).toMatchObject({
      message: expect.stringMatching(/no (whole )?answer within the time/),
      mayHaveBeenCarriedOut: true,
    });
    const read = await failure(http.request({ method: 'GET', url: `http://${host}/`, timeoutMs: 50 }));
    expect(read.mayHaveBeenCarriedOut).toBe(false);
  });

  test('because the body trickles without end is given up', async () => {
    const host = await serve((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const error = await failure(
      guarded([host]).request({ method: 'GET', url: `http://${host}/`, timeoutMs: 100 }),
    );
    expect(error).toMatchObject({ message: expect.stringContaining('no whole answer within the time') });
  });

  test('because the body is larger than allowed is stopped there', async () => {
    const host = await serve((_request, response) => response.end('x'.repeat(2_000)));
    const http = guarded([host], { maxResponseBytes: 1_000 });
    const error = await failure(http.request({ method: 'GET', url: `http://${host}/` }));
    expect(error).toBeInstanceOf(PsaSurprise);
  });
});
