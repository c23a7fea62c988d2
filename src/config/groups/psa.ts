import { z } from 'zod';
import { hostList, listOf, seconds, text, wholeNumber } from '../parsers.js';
import { setting } from '../setting.js';

/** "one=id,other=id" as a table; a plugin's id is in lower case. */
const clientIds = z.string().transform((list, context) => {
  const ids: Record<string, string> = {};
  for (const entry of list.split(',').map(part => part.trim())) {
    if (entry === '') continue;
    const [, plugin, id] = /^([a-z\d][a-z\d_-]*)\s*=\s*(\S+)$/.exec(entry) ?? [];
    if (plugin === undefined || id === undefined) {
      context.addIssue({ code: 'custom', message: `"${entry}" is not "plugin=client id"` });
      return z.NEVER;
    }
    ids[plugin] = id;
  }
  return ids as Readonly<Record<string, string>>;
});

export const psaSettings = {
  solutionName: setting({
    name: 'SOLUTION_NAME',
    parser: z.string().min(1),
    default: 'Arcserve UDP Cloud Direct',
    description: "the vendor's product exactly as it is called in the PSA, including upper and lower case",
  }),
  clientIds: setting({
    name: 'PSA_CLIENT_IDS',
    parser: clientIds,
    default: '',
    description:
      "the vendor's client id for each PSA plugin that needs one: `plugin=client id`, comma separated. The variable `<PLUGIN>_CLIENT_ID` is read too, for one plugin",
  }),
  allowedHosts: setting({
    name: 'PSA_ALLOWED_HOSTS',
    parser: hostList,
    default: '',
    description:
      'hosts (`host:port`, `host`) that may have private addresses or use plain http, comma separated; see [Outgoing requests](docs/operating.md#outgoing-requests)',
  }),
  ports: setting({
    name: 'PSA_PORTS',
    parser: listOf(wholeNumber(1, 65_535)),
    default: '443',
    description: 'the ports that requests to all other hosts may use, comma separated',
  }),
  plugins: setting({
    name: 'PSA_PLUGINS',
    parser: listOf(text),
    default: '',
    description: 'npm packages with further PSA plugins, comma separated',
  }),
  requestsPerMinute: setting({
    name: 'PSA_REQUESTS_PER_MINUTE',
    parser: wholeNumber(0),
    default: '1000',
    description:
      'the limit for each integration, shared by all processes; a fifth of it may be sent at once. 0: no limit',
  }),
  concurrency: setting({
    name: 'PSA_CONCURRENCY',
    parser: wholeNumber(1, 64),
    default: '8',
    description:
      "the most concurrent requests to one integration's PSA; fewer while it answers 429 or slowly",
  }),
  /** For the head of an answer, and for each next piece of its body. */
  timeoutMs: setting({
    name: 'PSA_TIMEOUT_SECONDS',
    parser: seconds(1, 120),
    default: '30',
    description: 'how long a PSA may take to answer',
  }),
};

/** The client ids in variables such as MY_PSA_CLIENT_ID, by the plugin's id: "my-psa". */
export function clientIdsByVariable(environment: NodeJS.ProcessEnv): Record<string, string> {
  const found = Object.entries(environment).flatMap(([name, id]) => {
    const [, plugin] = /^([A-Z\d][A-Z\d_]*)_CLIENT_ID$/.exec(name) ?? [];
    return plugin && id ? [[plugin.toLowerCase().replaceAll('_', '-'), id]] : [];
  });
  return Object.fromEntries(found);
}
