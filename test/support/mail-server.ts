import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  to: string[];
  /** The header lines, unfolded. */
  headers: string;
  /** The text, decoded, one line for each line. */
  body: string;
}

export interface MailServer {
  /** For SMTP_URL, with its login. */
  url: string;
  received: ReceivedMail[];
  close(): void;
}

export const mailLogin = { user: 'bridge', password: 'the-mail-password' };

/** A mail server on this machine that asks for a login and knows every mailbox but `nobody@…`. */
export async function startMailServer(): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    onAuth({ username, password }, _session, callback) {
      const ok = username === mailLogin.user && password === mailLogin.password;
      callback(ok ? null : new Error('Wrong login'), ok ? { user: username } : undefined);
    },
    onRcptTo({ address }, _session, callback) {
      callback(
        address.startsWith('nobody@')
          ? Object.assign(new Error('No such mailbox'), { responseCode: 550 })
          : null,
      );
    },
    async onData(stream, { envelope }, callback) {
      const [head, ...rest] = (await text(stream)).split('\r\n\r\n');
      received.push({
        to: envelope.rcptTo.map(({ address }) => address),
        headers: head!.replaceAll(/\r\n[ \t]+/g, ' '),
        body: decoded(rest.join('\r\n\r\n')),
      });
      callback();
    },
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://${mailLogin.user}:${mailLogin.password}@127.0.0.1:${port}`,
    received,
    close: () => server.close(),
  };
}

/** Quoted-printable, which plain text with long lines is sent in. */
function decoded(body: string): string {
  return body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_code, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('\r\n', '\n');
}
