import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

/** A WebSocket to the API that sends these connection parameters, without a GraphQL client over it. */
export function openSocket(apiUrl: string, connectionParams: object, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${apiUrl.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers,
  });
  const sent = new Promise<void>(resolve =>
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: connectionParams }), () => resolve()),
    ),
  );
  return {
    socket,
    sent,
    /** The status and headers with which the server rejects the upgrade. */
    refused: new Promise<IncomingMessage>(resolve =>
      socket.on('unexpected-response', (_request, answer) => resolve(answer)),
    ),
    /** The first message. */
    acknowledged: new Promise(resolve => socket.once('message', resolve)),
    /** The code with which it is closed. */
    closed: new Promise<number>(resolve => socket.on('close', resolve)),
  };
}
