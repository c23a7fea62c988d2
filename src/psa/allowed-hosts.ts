interface Entry {
  /** As the URL parser writes it. */
  hostname: string;
  /** Undefined: the ports that are allowed for every host, and 80. */
  port: number | 'any' | undefined;
}

/** Hosts that the operator exempts from the guard. */
export interface AllowedHosts {
  allows(url: URL): boolean;
}

/**
 * Reads the operator's list of exceptions. `host` means that host on the ports that are allowed for every host and on
 * 80, `host:port` only that port, `host:*` every port; with https or plain http, and any address. IPv6 addresses are
 * written in brackets. Throws for an invalid entry.
 */
export function allowedHosts(entries: readonly string[], ports: readonly number[]): AllowedHosts {
  const known = entries.map(readEntry);
  return {
    allows(url) {
      const wanted = portOf(url);
      return known.some(
        ({ hostname, port }) =>
          hostname === url.hostname &&
          (port === undefined ? ports.includes(wanted) || wanted === 80 : port === 'any' || port === wanted),
      );
    },
  };
}

/** The port of a URL: the one that is written, or the scheme's default. */
export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
}

function readEntry(entry: string): Entry {
  const [, host, port] = /^(\[[\da-f:.]+\]|[^\s:/?#@*[\]\\]+)(?::(\d{1,5}|\*))?$/i.exec(entry) ?? [];
  const url = `https://${host}`;
  if (host === undefined || !URL.canParse(url) || Number(port) > 65_535) {
    throw new Error(`"${entry}" is not "host", "host:port" or "host:*"`);
  }
  return {
    hostname: new URL(url).hostname,
    port: port === undefined ? undefined : port === '*' ? 'any' : Number(port),
  };
}
