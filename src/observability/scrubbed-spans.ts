import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';

/** The only attributes that are exported. The instrumentations record more, and what they record changes by version. */
const allowed = new Set([
  'db.namespace',
  'db.query.text',
  'db.system.name',
  'error.type',
  'graphql.operation.name',
  'graphql.operation.type',
  'http.request.method',
  'http.response.status_code',
  'psa_bridge.delivery.id',
  'psa_bridge.delivery.kind',
  'psa_bridge.delivery.outcome',
  'psa_bridge.integration.id',
  'psa_bridge.job.name',
]);

/** Names of older conventions, which the instrumentations use by default. */
const renamed: Readonly<Record<string, string>> = {
  'db.statement': 'db.query.text',
  'db.system': 'db.system.name',
  'db.name': 'db.namespace',
};

const longestQuery = 2_000;

/**
 * Exports spans without anything that a partner could have entered or a PSA could have answered: only the attributes
 * named above, SQL without values, requests to PSAs without address and query, failures without their message.
 */
export function scrubbed(exporter: SpanExporter): SpanExporter {
  return {
    export: (spans, done) => exporter.export(spans.map(scrub), done),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

function scrub(span: ReadableSpan): ReadableSpan {
  const attributes: ReadableSpan['attributes'] = {};
  for (const [recorded, value] of Object.entries(span.attributes)) {
    const name = renamed[recorded] ?? recorded;
    if (!allowed.has(name)) continue;
    attributes[name] = name === 'db.query.text' ? withoutValues(String(value)).slice(0, longestQuery) : value;
  }
  // A span's other fields are getters of its class; a copy would lose them.
  return Object.create(span, {
    attributes: { value: attributes, enumerable: true },
    events: { value: [], enumerable: true },
    links: { value: [], enumerable: true },
    status: { value: { code: span.status.code }, enumerable: true },
  }) as ReadableSpan;
}

/** Names are kept. Comments, strings of every kind and numbers are not. Everything else is punctuation. */
const tokens = new RegExp(
  [
    /(?<kept>"(?:[^"]|"")*"|\$\d+)/,
    /(?<comment>--.*|\/\*[\s\S]*?\*\/)/,
    /[eE]'(?:[^'\\]|''|\\[\s\S])*'?|'(?:[^']|'')*'?|\$(?<tag>\w*)\$[\s\S]*?\$\k<tag>\$|\d[\w.]*/,
    /(?<name>[A-Za-z_][\w$]*)/,
  ]
    .map(token => token.source)
    .join('|'),
  'g',
);

/** The SQL with "?" for every value in its text. MikroORM writes all of its parameters into the text. */
export function withoutValues(sql: string): string {
  return sql
    .replace(tokens, (...match) => {
      const { kept, comment, name } = match.at(-1) as Record<string, string | undefined>;
      return comment ? ' ' : (kept ?? name ?? '?');
    })
    .replace(/\?(?:\s*,\s*\?)+/g, '?, …')
    .replace(/\s+/g, ' ')
    .trim();
}
