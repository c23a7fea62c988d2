/** Finds the secrets in the text of a setting, as they are written. Reads invalid texts, too. */
export type SecretsIn = (text: string) => string[];

/** Each entry of a comma-separated list is a secret. */
export const everyEntry: SecretsIn = text => text.split(',').map(entry => entry.trim());

/** The password of a URL, before the host or in its query. */
export const passwordsInUrl: SecretsIn = url => {
  const [, ofUser = ''] = /^[^:]+:\/\/[^:/?#]*:(.*)@/.exec(url) ?? [];
  return [ofUser, ...[...url.matchAll(/[?&](?:password|pass)=([^&#]*)/g)].map(([, password]) => password!)];
};

/** The values of "authorization=Bearer abc,x-key=def", with and without their scheme. */
export const headerValues: SecretsIn = text =>
  everyEntry(text).flatMap(header => {
    const value = header.slice(header.indexOf('=') + 1);
    return [value, percentDecoded(value).replace(/^\S+ /, '')];
  });

/** The secrets that `find` finds in a text, as written and percent-decoded. */
export function secretsIn(text: string | undefined, find: SecretsIn): string[] {
  const found = find(text ?? '').flatMap(secret => [secret, percentDecoded(secret)]);
  return [...new Set(found)].filter(secret => secret !== '');
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
