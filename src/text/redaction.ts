/** Replaces the secrets in a text by "[secret]". */
export type Redact = (text: string) => string;

const replacement = '[secret]';
/** Shorter secrets would match parts of ordinary words. */
const shortest = 4;

/**
 * Redacts these secrets in every common encoding: plain, base64, base64url, hex, URL-encoded and within JSON. Secrets of
 * fewer than four characters are ignored.
 */
export function redactor(secrets: readonly string[]): Redact {
  const forms = new Set(secrets.filter(secret => secret.length >= shortest).flatMap(formsOf));
  if (forms.size === 0) return text => text;
  // Longest first: a form may be the beginning of another one, whose rest would be left over.
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escaped).join('|'), 'g');
  return text => text.replace(pattern, replacement);
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
    // UTF-8 that was read as Latin-1, which happens to the answers of mail servers.
    bytes.toString('latin1'),
  ];
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
