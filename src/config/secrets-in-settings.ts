/**
 * Every secret in these environment variables, as it is written and as it is meant. Reads them without any
 * check, so that it also knows those of settings that are wrong.
 */
export function secretsInSettings(environment: NodeJS.ProcessEnv): string[] {
  const found = [
    ...listed(environment.ENCRYPTION_KEYS),
    ...listed(environment.WEBHOOK_SECRET).flatMap(secret => [secret, secret.replace(/^whsec_/, '')]),
    ...listed(environment.OPERATOR_TOKEN),
    ...[environment.DATABASE_URL, environment.MONGODB_URL, environment.SMTP_URL].flatMap(passwordsOf),
    ...[environment.OTEL_EXPORTER_OTLP_HEADERS, environment.OTEL_EXPORTER_OTLP_TRACES_HEADERS].flatMap(
      valuesOfHeaders,
    ),
  ];
  return [...new Set(found.flatMap(secret => [secret, decoded(secret)]))].filter(secret => secret !== '');
}

function listed(text = ''): string[] {
  return text.split(',').map(item => item.trim());
}

function passwordsOf(url = ''): string[] {
  const [, ofUser = ''] = /^[^:]+:\/\/[^:/?#]*:(.*)@/.exec(url) ?? [];
  return [ofUser, ...[...url.matchAll(/[?&](?:password|pass)=([^&#]*)/g)].map(([, password]) => password!)];
}

/** "authorization=Bearer abc,x-key=def": what stands behind the scheme, too. */
function valuesOfHeaders(text = ''): string[] {
  return listed(text).flatMap(header => {
    const value = header.slice(header.indexOf('=') + 1);
    return [value, decoded(value).replace(/^\S+ /, '')];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
