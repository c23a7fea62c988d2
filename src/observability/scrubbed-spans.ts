import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';

/** What may leave in a span; the instrumentations record more, and every version of them other things. */
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

/** The names of older conventions, which instrumentations still use unless told otherwise. */
const renamed: Readonly<Record<string, string>> = {
  'db.statement': 'db.query.text',
  'db.system': 'db.system.name',
  'db.name': 'db.namespace',
};

const longestQuery = 2_000;

/**
 * Hands spans on without anything that a partner could have typed or a PSA could have said: only the named
 * attributes, no values in SQL, no address and no query of a request to a PSA, and of a failure only that it
 * was one.
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
  // A span's other fields are getters of its class, so a copy would lose them.
  return Object.create(span, {
    attributes: { value: attributes, enumerable: true },
    events: { value: [], enumerable: true },
    links: { value: [], enumerable: true },
    status: { value: { code: span.status.code }, enumerable: true },
  }) as ReadableSpan;
}

/** Names are kept; comments, strings of every kind and numbers are not. What is left over is punctuation. */
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

/** SQL with "?" for every value that is written into it: MikroORM does that with all of its parameters. */
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
