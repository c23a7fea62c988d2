import type { CallbackDelivery } from './callbacks.js';
import type { Faults } from './faults.js';
import type { RequestLog } from './request-log.js';
import type { SandboxStore } from './store.js';

export interface SandboxOptions {
  /** 0: any free one. */
  port?: number;
  host?: string;
  /** Serve https with this certificate, PEM. */
  tls?: { key: string; cert: string };
  seed?: 'awkward' | 'empty';
  now?: () => Date;
  /** Before every answer. */
  latencyMs?: number;
  /** Answer wrong credentials as cloud sites may: 404 with HTML instead of 401. */
  cloud?: boolean;
  /** The status of a request without a client id, if one is required; sources disagree about it. */
  clientIdRequired?: false | 400 | 401 | 403;
  integratorLogins?: 'accepted' | 'refused';
  /** Behave like the host for browsers: "SSL is required". */
  uiHost?: boolean;
  patchSubPaths?: 'ignored' | 'applied';
  /** How many decimals of a quantity are kept; undefined: as many as a double has. */
  keptDecimals?: number;
  /** A change of an addition is answered as if it were kept, and the old record stays. */
  echoes?: boolean;
  /** The list of a parent agreement's additions also contains those of its children. */
  parentListsChildren?: boolean;
  /** The pauses before a callback is tried again; by default 2 s and 4 s, as in ConnectWise. */
  callbackPausesMs?: readonly number[];
}

export interface Sandbox {
  /** "http://127.0.0.1:4010" */
  url: string;
  /** "127.0.0.1:4010": what a partner types as site. */
  host: string;
  store: SandboxStore;
  faults: Faults;
  requests: RequestLog;
  callbacks: CallbackDelivery;
  /** May be changed while it runs. */
  options: SandboxOptions;
  /** Breaks every connection and stops listening, like a site that is down. */
  goDown(): Promise<void>;
  /** Listens again on the same port. */
  comeBack(): Promise<void>;
  /** Uses another certificate from now on. */
  changeCertificate(tls: { key: string; cert: string }): void;
  close(): Promise<void>;
}
