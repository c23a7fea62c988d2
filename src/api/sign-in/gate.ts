import { decodeProtectedHeader } from 'jose';
import type { Caller, Origin } from '../caller.js';
import type { ApiDependencies } from '../context.js';
import { IdentityGate } from './identity-gate.js';
import { SignIns } from './sign-ins.js';
import { TokenGate } from './token-gate.js';

/** Says who asks: by an API token, or by a token of the vendor's identity provider where one is set. */
export class Gate {
  readonly #tokens: TokenGate;
  readonly #identities: IdentityGate | undefined;
  readonly #signIns: SignIns;

  constructor({ orm, changes, config, logger, now }: ApiDependencies) {
    this.#tokens = new TokenGate(orm, changes, now);
    this.#identities = config.identity && new IdentityGate(orm, config.identity, logger, now);
    this.#signIns = new SignIns(orm, now);
  }

  /**
   * `authorization` as in the HTTP header: "Bearer …". Undefined for what lets nobody in. That somebody signed in from
   * an address, or tried to with a token that was good once, is written down once a day. Throws
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

/** Whether it is a token of some identity provider. OPERATOR_TOKEN may have dots, too. */
function isJwt(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg !== undefined;
  } catch {
    return false;
  }
}
