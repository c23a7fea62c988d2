/**
 * A string in a condition. Quotes are escaped with a backslash (seen in client code). Backslashes and control characters
 * have no documented form and become spaces.
 */
export function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it removes them
  return `"${text.replace(/[\\\u0000-\u001f]/g, ' ').replaceAll('"', '\\"')}"`;
}

/** Ids for a condition. A text that is not a whole number is not an id of ConnectWise and is left out. */
export function idList(ids: readonly string[]): string[] {
  return [...new Set(ids)].filter(id => /^\d{1,10}$/.test(id));
}

/** ConnectWise recommends URLs under 2,000 characters; this leaves space for host, path and other parameters. */
const mostEncodedCharacters = 1_400;

/** Splits values into groups, so that the encoded `in (…)` list of each keeps the URL short enough. */
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
