import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import type { NoticePayload } from '../../src/domain/notices/notice-payload.js';

export interface ReceivedWebhook {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface WebhookReceiver {
  host: string;
  url: string;
  received: ReceivedWebhook[];
  /** Answers the next webhooks that contain `text` with these statuses, all others with 204. */
  answer(text: string, ...statuses: number[]): void;
  close(): void;
}

/** An endpoint for webhooks, plain http on this machine. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const answers: { text: string; statuses: number[] }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    received.push({ path: request.url!, headers: request.headers as Record<string, string>, body });
    const known = answers.find(({ text, statuses }) => statuses.length > 0 && body.includes(text));
    response.writeHead(known?.statuses.shift() ?? 204).end();
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    received,
    answer(text, ...statuses) {
      answers.push({ text, statuses });
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The payload, for a receiver with this secret at the time `at`; throws where the receiver rejects the webhook. */
export function verified({ headers, body }: ReceivedWebhook, secret: string, at: Date): NoticePayload {
  vi.useFakeTimers({ now: at, toFake: ['Date'] });
  try {
    return new Webhook(secret).verify(body, headers) as NoticePayload;
  } finally {
    vi.useRealTimers();
  }
}
