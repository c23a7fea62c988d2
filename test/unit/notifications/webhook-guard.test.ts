import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createWebhookSender, type WebhookSender } from '../../../src/notifications/webhook-sender.js';
import { ownCertificate } from '../../support/certificate.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(listener: RequestListener, tls?: { key: string; cert: string }): Promise<string> {
  const server = (tls ? createSecureServer(tls, listener) : createServer(listener)) as Server;
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function sender(options: Partial<Parameters<typeof createWebhookSender>[0]> = {}): WebhookSender {
  const made = createWebhookSender({
    secrets: [`whsec_${Buffer.alloc(32, 1).toString('base64')}`],
    allowedHosts: [],
    ...options,
  });
  closing.push(() => made.close());
  return made;
}

const notice = {
  id: 'msg_1',
  at: new Date('2026-11-23T12:00:00Z'),
  payload: { type: 'integration.recovered', timestamp: '2026-11-23T12:00:00Z', data: {} } as never,
};

describe('a webhook', () => {
  it.each([
    ['a loopback address', 'https://127.0.0.1/'],
    ['the metadata address of clouds', 'https://169.254.169.254/'],
    ['a compatible IPv4 address', 'https://[::10.1.2.3]/'],
    ['a name that leads to a private address', 'https://localhost/'],
  ])('is not sent to %s', async (_what, url) => {
    expect(await sender().send(url, notice)).toMatchObject({
      state: 'RETRY',
      error: expect.stringContaining('cannot be found on the internet'),
    });
  });

  it('is not sent by plain http, nor to a port that is not listed', async () => {
    expect(await sender().send('http://vendor.example/', notice)).toMatchObject({
      error: expect.stringContaining('must be reached by https'),
    });
    expect(await sender().send('https://vendor.example:22/', notice)).toMatchObject({
      error: expect.stringContaining('must be reached on port 443'),
    });
  });

  it('is not sent to a name that now resolves to a private address', async () => {
    let asked = 0;
    const host = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    const port = Number(host.split(':')[1]);
    const addresses = ['3ffe::1', '127.0.0.1'];
    const resolve = ((_name: string, _options: unknown, done: (error: null, found: object[]) => void) =>
      done(null, [{ address: addresses.shift()!, family: addresses.length > 0 ? 6 : 4 }])) as never;
    const webhooks = sender({ resolve, ports: [port], connectTimeoutMs: 300 });
    const url = `https://receiver.example:${port}/`;
    expect(await webhooks.send(url, notice)).not.toMatchObject({
      error: expect.stringContaining('internet'),
    });
    expect(await webhooks.send(url, notice)).toMatchObject({ error: expect.stringContaining('internet') });
    expect(asked).toBe(0);
  });

  it('does not follow a redirect', async () => {
    const paths: string[] = [];
    const host = await serve((request, response) => {
      paths.push(request.url!);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await sender({ allowedHosts: [host] }).send(`http://${host}/here`, notice)).toEqual({
      state: 'RETRY',
      error: 'The receiver answered 307.',
    });
    expect(paths).toEqual(['/here']);
  });

  it('needs a trusted certificate', async () => {
    const host = await serve((_request, response) => response.end(), await ownCertificate());
    expect(await sender({ allowedHosts: [host] }).send(`https://${host}/`, notice)).toMatchObject({
      error: expect.stringContaining('its certificate is not trusted'),
    });
  });

  it('does not wait for an answer longer than allowed', async () => {
    const host = await serve(() => {});
    const webhooks = sender({ allowedHosts: [host], timeoutMs: 100 });
    expect(await webhooks.send(`http://${host}/`, notice)).toMatchObject({
      error: expect.stringContaining('no complete answer in time'),
    });
  });

  it.each([
    ['trickles', 20, 'x'],
    ['never ends', 0, 'x'.repeat(64 * 1024)],
  ])(
    'is delivered where it is said so, and the body that follows and %s is left',
    async (_what, everyMs, piece) => {
      let sent = 0;
      const host = await serve((_request, response) => {
        response.writeHead(200);
        const timer = setInterval(() => {
          if (response.writableNeedDrain) return;
          sent += piece.length;
          response.write(piece);
        }, everyMs);
        response.on('close', () => clearInterval(timer));
      });
      const webhooks = sender({ allowedHosts: [host], timeoutMs: 300 });
      expect(await webhooks.send(`http://${host}/`, notice)).toEqual({ state: 'DELIVERED' });
      expect(sent).toBeLessThan(16 * 1024 * 1024);
    },
  );
});
