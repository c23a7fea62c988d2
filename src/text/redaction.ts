/** Replaces the secrets in a text. */
export type Redact = (text: string) => string;

const inItsPlace = '[secret]';
/** Shorter ones would be found in ordinary words. */
const shortest = 4;

/**
 * Finds these secrets however they are commonly written: as they are, in base64 and base64url, in hex,
 * URL-encoded, and within JSON.
 */
export function redactor(secrets: readonly string[]): Redact {
  const forms = new Set(secrets.filter(secret => secret.length >= shortest).flatMap(formsOf));
  if (forms.size === 0) return text => text;
  // The longest first: where one form begins another, nothing of the longer one remains.
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(literally).join('|'), 'g');
  return text => text.replace(pattern, inItsPlace);
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const base64 = bytes.toString('base64');
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams([['', secret]]).toString().slice(1),
    base64,
    base64.replace(/=+$/, ''),
    base64.replaceAll('/', '\\/'),
    encodeURIComponent(base64),
    bytes.toString('base64url'),
    hex,
    hex.toUpperCase(),
    // UTF-8 decoded as Latin-1, as is done with answers of mail servers.
    bytes.toString('latin1'),
  ];
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
