import type { IncomingHttpHeaders } from 'node:http';
import type { ApiAnswer } from './routes.js';
import type { SandboxOptions } from './sandbox.js';
import type { Credential, SandboxStore } from './store.js';

export type Identity = { credential: Credential } | { refusal: ApiAnswer | { status: number; html: string } };

/** The login of a request: `Basic company+user:secret`, and for an integrator login an additional header. */
export function identify(
  store: SandboxStore,
  headers: IncomingHttpHeaders,
  options: SandboxOptions,
): Identity {
  if (options.clientIdRequired && !headers.clientid) {
    return {
      refusal: {
        status: options.clientIdRequired,
        body: { code: 'Unauthorized', message: 'The clientId header is missing or invalid.', errors: null },
      },
    };
  }
  const [, base64] = /^Basic (.+)$/i.exec(headers.authorization ?? '') ?? [];
  const text = Buffer.from(base64 ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const login = text.slice(0, colon);
  const secret = text.slice(colon + 1);
  const integrator = headers['x-cw-usertype'] === 'integrator';
  const credential = store.credentials.find(
    known =>
      login === `${store.companyId}+${known.user}` &&
      secret === known.secret &&
      (known.kind === 'integrator') === integrator &&
      !(known.kind === 'integrator' && options.integratorLogins === 'refused'),
  );
  if (credential) return { credential };
  return {
    refusal: options.cloud
      ? { status: 404, html: 'Not Found' }
      : {
          status: 401,
          body: { code: 'Unauthorized', message: 'Unauthorized. Check your credentials.', errors: null },
        },
  };
}
