import { z } from 'zod';
import { hostname, listOf, onOrOff, port, seconds, wholeNumber } from '../parsers.js';
import { setting } from '../setting.js';

export const httpSettings = {
  host: setting({
    name: 'HOST',
    parser: hostname,
    default: '127.0.0.1',
    description: 'the address to listen on',
  }),
  port: setting({
    name: 'PORT',
    parser: port,
    default: '4000',
    description:
      'the port of `/graphql` (HTTP and WebSocket), `/playground`, `/healthz`, `/readyz` and `/metrics`',
  }),
  metricsPort: setting({
    name: 'METRICS_PORT',
    parser: port,
    description:
      "a separate port, on `HOST`, for this process's `/metrics`, `/healthz` and `/readyz`; `PORT` then does not serve `/metrics`. A process that is only a worker serves them nowhere else",
  }),
  trustProxy: setting({
    name: 'TRUST_PROXY',
    parser: listOf(
      z.union(
        [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
        'must be an address or a network such as 10.0.0.0/8',
      ),
    ),
    default: '',
    description: 'addresses and networks of the proxies whose `X-Forwarded-For` is trusted, comma separated',
  }),
  requestTimeoutMs: setting({
    name: 'API_REQUEST_TIMEOUT_SECONDS',
    parser: seconds(1, 600),
    default: '60',
    description: 'how long a client may take to send a request',
  }),
  requestsPerMinute: setting({
    name: 'API_REQUESTS_PER_MINUTE',
    parser: wholeNumber(0),
    default: '1200',
    description: 'the limit for each caller, in each process; 0: no limit',
  }),
  subscriptionsPerCaller: setting({
    name: 'API_SUBSCRIPTIONS_PER_CALLER',
    parser: wholeNumber(1),
    default: '1000',
    description: 'the most concurrent live subscriptions of each caller, in each process',
  }),
  introspection: setting({
    name: 'INTROSPECTION',
    parser: onOrOff,
    default: 'on',
    description: '`off`: the API does not answer introspection queries',
  }),
  playground: setting({
    name: 'PLAYGROUND',
    parser: onOrOff,
    default: 'on',
    description: '`off`: `/playground` is not served',
  }),
};
