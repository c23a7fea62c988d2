import type { LookupAddress, lookup } from 'node:dns';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, isIP, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { publicLookup } from '../../../src/psa/address-guard.js';
import { PsaSurprise, PsaUnreachable } from '../../../src/psa/errors.js';
import type { GuardedHttpOptions } from '../../../src/psa/guarded-http.js';
import { ownCertificate } from '../../support/certificate.js';
import { command } from '../../support/command.js';
import { type Outside, psaEnvironment } from '../../support/on-sandbox.js';

const servers: Server[] = [];
const outsides: Outside[] = [];
const listeners: (() => void)[] = [];
afterEach(async () => {
  for (const outside of outsides.splice(0)) await outside.close();
  for (const close of listeners.splice(0)) close();
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

/** A server that answers each request with what `answer` writes. */
async function serveRaw(answer: (socket: Socket) => unknown): Promise<string> {
  const { port } = await listen(socket => {
    socket.once('data', () => answer(socket));
    socket.on('error', () => {});
  });
  return `127.0.0.1:${port}`;
}

/** A server that accepts connections and counts them. */
async function listen(onConnection: (socket: Socket) => void = () => {}) {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createTcpServer(socket => {
    connections += 1;
    sockets.add(socket);
    onConnection(socket);
  });
  listeners.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

/** A DNS with these names, which `resolve.addresses` can change, and the names that were looked up. */
function names(addresses: Record<string, string[]>) {
  const found: string[] = [];
  const resolve = Object.assign(
    (name: string, _options: unknown, done: (error: Error | null, addresses?: LookupAddress[]) => void) => {
      found.push(name);
      const known = resolve.addresses[name];
      if (!known) return done(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
      done(
        null,
        known.map(address => ({ address, family: isIP(address) })),
      );
    },
    { addresses },
  );
  return { found, resolve: resolve as typeof resolve & typeof lookup };
}

function withNames(addresses: Record<string, string[]>) {
  const { found, resolve } = names(addresses);
  return { found, http: guarded([], { resolve }) };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it did not fail'),
    error => error,
  );

const notFound = /cannot be found on the internet, and this service connects to nothing else/;

describe('the guarded client', () => {
  test.each([
    ['a loopback address', 'https://127.0.0.1/'],
    ['any other loopback address', 'https://127.255.255.254/'],
    ['a loopback address in decimal', 'https://2130706433/'],
    ['a loopback address in octal', 'https://0177.0.0.1/'],
    ['a loopback address in hex', 'https://0x7f000001/'],
    ['a loopback address in short', 'https://127.1/'],
    ['a loopback address with a dot behind it', 'https://127.0.0.1./'],
    ['a loopback address in full-width digits', 'https://１２７。０．０．１/'],
    ['a loopback address, percent-encoded', 'https://%31%32%37.0.0.1/'],
    ['a private address', 'https://10.1.2.3/'],
    ['a private address of the 172 range', 'https://172.16.0.9/'],
    ['a private address of the 192 range', 'https://192.168.1.1/'],
    ['the metadata address of clouds', 'https://169.254.169.254/latest/meta-data/'],
    ['the metadata address of clouds in decimal', 'https://2852039166/'],
    ['the metadata address of Alibaba’s cloud', 'https://100.100.100.200/'],
    ['the metadata address of Oracle’s cloud', 'https://192.0.0.192/'],
    ['Azure’s host', 'https://168.63.129.16/'],
    ['carrier-grade NAT', 'https://100.64.0.1/'],
    ['an unspecified address', 'https://0.0.0.0/'],
    ['an unspecified address in short', 'https://0/'],
    ['an address of this network', 'https://0.1.2.3/'],
    ['addresses for benchmarks', 'https://198.18.0.1/'],
    ['addresses for documentation', 'https://203.0.113.7/'],
    ['relays of 6to4', 'https://192.88.99.1/'],
    ['multicast', 'https://224.0.0.1/'],
    ['reserved addresses', 'https://240.0.0.1/'],
    ['broadcast', 'https://255.255.255.255/'],
    ['the IPv6 loopback', 'https://[::1]/'],
    ['the unspecified IPv6 address', 'https://[::]/'],
    ['a mapped IPv4 address', 'https://[::ffff:127.0.0.1]/'],
    ['a mapped IPv4 address in hex', 'https://[::ffff:a01:203]/'],
    ['a mapped IPv4 address that is public', 'https://[::ffff:8.8.8.8]/'],
    ['a translated IPv4 address', 'https://[::ffff:0:127.0.0.1]/'],
    ['a compatible IPv4 address', 'https://[::10.1.2.3]/'],
    ['an IPv4 address behind NAT64', 'https://[64:ff9b::10.1.2.3]/'],
    ['an IPv4 address behind a local NAT64', 'https://[64:ff9b:1::10.1.2.3]/'],
    ['an IPv4 address in 6to4', 'https://[2002:a01:203::1]/'],
    ['an IPv4 address in Teredo', 'https://[2001:0:a01:203::1]/'],
    ['an IPv4 address in ISATAP', 'https://[2606:4700::5efe:10.1.2.3]/'],
    ['a unique local IPv6 address', 'https://[fd00::1]/'],
    ['the IPv6 metadata address of clouds', 'https://[fd00:ec2::254]/'],
    ['a link-local IPv6 address', 'https://[fe80::1]/'],
    ['a site-local IPv6 address', 'https://[fec0::1]/'],
    ['IPv6 multicast', 'https://[ff02::1]/'],
    ['the IPv6 discard prefix', 'https://[100::1]/'],
    ['IPv6 addresses for documentation', 'https://[2001:db8::1]/'],
    ['IPv6 addresses that were never given out', 'https://[4000::1]/'],
    ['a name that leads to a private address', 'https://localhost/'],
    ['such a name with a dot behind it', 'https://localhost./'],
    ['such a name in full-width letters', 'https://ｌｏｃａｌｈｏｓｔ/'],
    ['such a name behind a user', 'https://na.myconnectwise.net@localhost/'],
  ])('does not connect to %s', async (_what, url) => {
    const error = await failure(guarded([]).request({ method: 'POST', url, body: '{}' }));
    expect(error).toBeInstanceOf(PsaUnreachable);
    expect(error.message).toMatch(notFound);
    expect(error.mayHaveBeenCarriedOut).toBe(false);
  });

  test.each([
    ['plain http', 'http://example.com/', 'example.com must be reached by https'],
    ['another port', 'https://example.com:8443/', 'example.com must be reached on port 443;'],
    ['another port of a private host', 'https://10.0.0.1:22/', '10.0.0.1 must be reached on port 443;'],
  ])('does not connect to %s', async (_what, url, message) => {
    const error = await failure(guarded([]).request({ method: 'POST', url, body: '{}' }));
    expect(error).toBeInstanceOf(PsaUnreachable);
    expect(error.message).toContain(message);
    expect(error.mayHaveBeenCarriedOut).toBe(false);
  });

  test('gives the same error for names of the vendor’s network as for names that do not exist', async () => {
    const { found, http } = withNames({
      'intranet.vendor.example': ['10.0.0.5'],
      'local6.vendor.example': ['fd00::5', '::1'],
    });
    const messages: string[] = [];
    for (const name of ['intranet', 'local6', 'nothing']) {
      const error = await failure(http.request({ method: 'GET', url: `https://${name}.vendor.example/` }));
      messages.push(error.message.replace(name, 'X'));
    }
    expect(found).toHaveLength(3);
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toMatch(notFound);
  });

  test('connects only to the public addresses of a name', () => {
    const all = [
      '127.0.0.1',
      '2606:4700::1111',
      '10.0.0.1',
      '93.184.215.14',
      '::ffff:10.0.0.1',
      '64:ff9b::7f00:1',
    ];
    const lookup = publicLookup(names({ 'mixed.example': all }).resolve);
    const answers: unknown[] = [];
    lookup('mixed.example', { all: true }, (_error, addresses) => void answers.push(addresses));
    lookup('mixed.example', {}, (_error, address, family) => void answers.push([address, family]));
    expect(answers).toEqual([
      [
        { address: '2606:4700::1111', family: 6 },
        { address: '93.184.215.14', family: 4 },
      ],
      ['2606:4700::1111', 6],
    ]);
  });

  test('checks the address that it connects to, even if a name’s addresses change', async () => {
    const { port, connections } = await listen();
    const { found, resolve } = names({ 'rebinding.example': ['3ffe::1'] });
    const http = guarded([], { resolve, ports: [port], connectTimeoutMs: 300 });
    const ask = () => failure(http.request({ method: 'GET', url: `https://rebinding.example:${port}/` }));
    // Public, and unassigned: a check before the connection would pass now.
    expect((await ask()).message).not.toMatch(notFound);
    found.length = 0;
    Object.assign(resolve, { addresses: { 'rebinding.example': ['127.0.0.1'] } });
    expect((await ask()).message).toMatch(notFound);
    // One lookup for each connection, and its result is used: there is no second one that could differ.
    expect(found).toEqual(['rebinding.example']);
    expect(connections()).toBe(0);
  });

  test('connects to further ports if the operator lists them', async () => {
    const { port, connections } = await listen();
    const host = `localhost:${port}`;
    const refused = await failure(
      guarded([], { ports: [443, port] }).request({ method: 'GET', url: `https://${host}/` }),
    );
    expect(refused.message).toMatch(notFound); // not because of the port
    expect(connections()).toBe(0);
  });

  test('connects to a host on the list, and only on its own port', async () => {
    const host = await serve((_request, response) => response.end('hello'));
    await expect(guarded([host]).request({ method: 'GET', url: `http://${host}/` })).resolves.toMatchObject({
      status: 200,
      text: 'hello',
    });
    const error = await failure(guarded(['127.0.0.1:1']).request({ method: 'GET', url: `http://${host}/` }));
    expect(error).toBeInstanceOf(PsaUnreachable);
  });

  test('ignores the proxies of environment variables', async () => {
    const proxy = await listen(socket => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
    });
    const host = await serve((_request, response) => response.end('hello'));
    const script = `
      import { createGuardedHttp } from './dist/src/psa/guarded-http.js';
      const http = createGuardedHttp({ allowedHosts: ['${host}'], logger: { debug() {} } });
      console.log((await http.request({ method: 'GET', url: 'http://${host}/' })).text);
      console.log(await fetch('http://${host}/').then(answer => answer.text(), () => ''));
      await http.close();`;
    const environment = {
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
      http_proxy: `http://127.0.0.1:${proxy.port}`,
      ALL_PROXY: `http://127.0.0.1:${proxy.port}`,
    };
    const { stdout } = await command(process.execPath, ['--input-type=module', '--eval', script], {
      environment,
    });
    expect(stdout).toBe('hello\n\n');
    // Node's own fetch uses the proxy, so the environment would have had an effect.
    expect(proxy.connections()).toBe(1);
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

  test('because the host does not exist was not carried out', async () => {
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

  test('because the certificate is for another name was not carried out', async () => {
    const { key, cert } = await ownCertificate('elsewhere.example');
    const host = await serve((_request, response) => response.end(), { key, cert });
    const error = await failure(
      guarded([host]).request({ method: 'POST', url: `https://${host}/`, body: '{}' }),
    );
    expect(error.message).toContain('its certificate is not trusted');
    expect(error.mayHaveBeenCarriedOut).toBe(false);
  });

  test('because the certificate is not trusted fails even if the environment trusts any', async () => {
    const host = await serve((_request, response) => response.end('hello'), await ownCertificate());
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    try {
      const error = await failure(guarded([host]).request({ method: 'GET', url: `https://${host}/` }));
      expect(error.message).toContain('its certificate is not trusted');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('because the answer takes too long may have been carried out, if it writes', async () => {
    const host = await serve(() => {});
    const http = guarded([host]);
    const write = await failure(
      http.request({ method: 'POST', url: `http://${host}/`, body: '{}', timeoutMs: 50 }),
    );
    expect(write).toMatchObject({
      message: expect.stringMatching(/no (complete )?answer in time/),
      mayHaveBeenCarriedOut: true,
    });
    const read = await failure(http.request({ method: 'GET', url: `http://${host}/`, timeoutMs: 50 }));
    expect(read.mayHaveBeenCarriedOut).toBe(false);
  });

  test('because the body arrives slowly without end is aborted', async () => {
    const host = await serve((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const error = await failure(
      guarded([host]).request({ method: 'GET', url: `http://${host}/`, timeoutMs: 100 }),
    );
    expect(error).toMatchObject({ message: expect.stringContaining('no complete answer in time') });
  });

  test('because the body is larger than allowed is stopped at the limit', async () => {
    const host = await serve((_request, response) => response.end('x'.repeat(2_000)));
    const http = guarded([host], { maxResponseBytes: 1_000 });
    const error = await failure(http.request({ method: 'GET', url: `http://${host}/` }));
    expect(error).toBeInstanceOf(PsaSurprise);
    const write = await failure(http.request({ method: 'POST', url: `http://${host}/`, body: '{}' }));
    expect(write.mayHaveBeenCarriedOut).toBe(true);
  });

  test('because the body has no end is stopped at the limit, without buffering all of it', async () => {
    let sent = 0;
    const host = await serve((_request, response) => {
      const piece = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (!response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
      };
      more();
    });
    const error = await failure(
      guarded([host], { maxResponseBytes: 100_000 }).request({ method: 'GET', url: `http://${host}/` }),
    );
    expect(error.message).toContain('more than 100000 bytes');
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  test.each(['gzip', 'br', 'deflate', 'gzip, gzip'])(
    'a body that was compressed by %s is not unpacked',
    async encoding => {
      const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024));
      let accepted: string | undefined;
      const host = await serve((request, response) => {
        accepted = request.headers['accept-encoding'];
        response.writeHead(200, { 'content-encoding': encoding }).end(bomb);
      });
      const { text } = await guarded([host]).request({ method: 'GET', url: `http://${host}/` });
      expect(text.length).toBeLessThanOrEqual(bomb.length);
      expect(accepted).toBeUndefined();
    },
  );

  test.each([
    ['a large head', (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)],
    [
      'very many headers',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}\r\n`),
    ],
    [
      'large trailers',
      (socket: Socket) =>
        socket.write(
          `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n${`t: ${'x'.repeat(1_000)}\r\n`.repeat(100)}\r\n`,
        ),
    ],
  ])('because of %s is aborted', async (_what, answer) => {
    const host = await serveRaw(answer);
    const error = await failure(guarded([host]).request({ method: 'GET', url: `http://${host}/` }));
    expect(error).toMatchObject({
      message: expect.stringContaining('the headers of its answer are too large'),
    });
  });

  test.each([
    ['a head that trickles', 'x'],
    ['provisional answers without end', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ])('because of %s is aborted', async (_what, piece) => {
    const host = await serveRaw(socket => {
      if (piece === 'x') socket.write('HTTP/1.1 200 OK\r\nx: ');
      const timer = setInterval(() => socket.write(piece), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const error = await failure(
      guarded([host]).request({ method: 'GET', url: `http://${host}/`, timeoutMs: 100 }),
    );
    expect(error.message).toMatch(/no (complete )?answer in time/);
  });

  test('because nothing answers its TLS handshake has a time-out', async () => {
    const { port } = await listen();
    const host = `127.0.0.1:${port}`;
    const error = await failure(
      guarded([host], { connectTimeoutMs: 200 }).request({
        method: 'POST',
        url: `https://${host}/`,
        body: '{}',
      }),
    );
    expect(error).toMatchObject({
      message: expect.stringContaining('no connection in time'),
      mayHaveBeenCarriedOut: false,
    });
  });
});
