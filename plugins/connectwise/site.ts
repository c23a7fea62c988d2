/** Cloud hosts as people see them in the browser. Their API has the prefix `api-` (developer guide; `aus` and `za` from client code). */
const uiHost = /^(na|eu|au|aus|za|staging)\.(myconnectwise\.net|connectwisedev\.com)$/;

export interface Site {
  /** "https://api-na.myconnectwise.net" */
  origin: string;
  /** The address where people log in: "https://na.myconnectwise.net". */
  uiOrigin: string;
}

/**
 * Reads the site that a partner typed: with or without scheme and path, the host of the browser or of the API. The
 * default scheme is http for this machine, and https for every other host. Undefined if it is not a host.
 */
export function readSite(typed: string): Site | undefined {
  const text = typed.trim();
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(withScheme)) return undefined;
  const url = new URL(withScheme);
  if (!/^https?:$/.test(url.protocol) || url.username || url.password || url.hostname === '')
    return undefined;
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (!local && !url.hostname.includes('.')) return undefined;
  const scheme =
    text.toLowerCase().startsWith('http://') || (local && !/^https:/i.test(text)) ? 'http' : 'https';
  const host = url.host.toLowerCase();
  return {
    origin: `${scheme}://${uiHost.test(host) ? `api-${host}` : host}`,
    uiOrigin: `${scheme}://${host.replace(/^api-/, '')}`,
  };
}

/** As people write it: without the scheme if it is the default. */
export function shortForm({ origin, uiOrigin }: Site): string {
  const host = uiOrigin.replace(/^https?:\/\//, '');
  return readSite(host)?.origin === origin ? host : uiOrigin;
}
