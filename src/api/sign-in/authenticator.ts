import { decodeProtectedHeader } from 'jose';
import type { Caller, Origin } from '../caller.js';
import type { ApiDependencies } from '../context.js';
import { IdentityAuthenticator } from './identity-authenticator.js';
import { SignIns } from './sign-ins.js';
import { TokenAuthenticator } from './token-authenticator.js';

/** Finds the caller of a request by its API token, or by its token of the vendor's identity provider where one is set. */
export class Authenticator {
  readonly #tokens: TokenAuthenticator;
  readonly #identities: IdentityAuthenticator | undefined;
  readonly #signIns: SignIns;

  constructor({ orm, changes, config, logger, now }: ApiDependencies) {
    this.#tokens = new TokenAuthenticator(orm, changes, now);
    this.#identities = config.identity && new IdentityAuthenticator(orm, config.identity, logger, now);
    this.#signIns = new SignIns(orm, now);
  }

  /**
   * `authorization` as in the HTTP header: "Bearer …". Undefined for a token that is rejected. The audit log records
   * once a day a sign-in from an address, or an attempt with a token that is no longer valid. Throws
   * IDENTITY_PROVIDER_UNAVAILABLE.
   */
  async callerOf(authorization: string | undefined, origin: Origin): Promise<Caller | undefined> {
    const token = /^Bearer +(\S{1,8000})$/i.exec(authorization?.trim() ?? '')?.[1];
    if (token === undefined) return undefined;
    if (this.#identities && isJwt(token)) {
      const caller = await this.#identities.callerOf(token);
      if (caller) await this.#signIns.record('signed_in', caller, origin);
      return caller;
    }
    const found = await this.#tokens.find(token);
    if (found) await this.#signIns.record(found.good ? 'signed_in' : 'sign_in.refused', found.caller, origin);
    return found?.good ? found.caller : undefined;
  }

  close(): void {
    this.#tokens.close();
  }
}

/** Whether the token is a JWT. OPERATOR_TOKEN may contain dots, too. */
function isJwt(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg !== undefined;
  } catch {
    return false;
  }
}
