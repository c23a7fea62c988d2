import type { IdentitySettings } from './sign-in/identity-settings.js';

/** The settings that the API needs. */
export interface ApiSettings {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Undefined: the API serves /metrics, too. */
  metricsPort: number | undefined;
  /** Addresses and networks of the proxies whose X-Forwarded-For is trusted. */
  trustProxy: readonly string[];
  /** How long a client may take to send a request. */
  requestTimeoutMs: number;
  /** For each caller and process; 0: no limit. */
  requestsPerMinute: number;
  /** Concurrent live subscriptions, for each caller and process. */
  subscriptionsPerCaller: number;
  /** Whether introspection queries are answered. */
  introspection: boolean;
  playground: boolean;
  /** Undefined: API tokens only. */
  identity: IdentitySettings | undefined;
  /** How long job results are kept; 0: for ever. */
  retentionDays: number;
}
