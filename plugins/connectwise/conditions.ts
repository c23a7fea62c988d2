/**
 * A string for a condition. Quotes are escaped with a backslash (seen in client code); backslashes and control
 * characters have no documented form and are left out.
 */
export function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return `"${text.replace(/[\\\u0000-\u001f]/g, ' ').replaceAll('"', '\\"')}"`;
}

/** Ids as they may stand in a condition; what is no whole number is left out, because it is no id of ConnectWise. */
export function idList(ids: readonly string[]): string[] {
  return [...new Set(ids)].filter(id => /^\d{1,10}$/.test(id));
}

/** ConnectWise recommends URLs under 2,000 characters; this leaves room for host, path and other parameters. */
const mostEncodedCharacters = 1_400;

/** Splits values into groups whose encoded `in (…)` list keeps the URL short enough. */
export function chunks(values: readonly string[]): string[][] {
  const groups: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const own = encodeURIComponent(value).length + 3;
    if (length + own > mostEncodedCharacters) {
      groups.push([]);
      length = 0;
    }
    groups.at(-1)!.push(value);
    length += own;
  }
  return groups;
}
