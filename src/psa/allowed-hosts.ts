interface Entry {
  /** As the URL parser writes it. */
  hostname: string;
  /** Undefined: those that are allowed everywhere, and 80. */
  port: number | 'any' | undefined;
}

/** Hosts that the operator excepts from the guard. */
export interface AllowedHosts {
  allows(url: URL): boolean;
}

/**
 * Reads the operator's list of exceptions. `host` stands for that host on the ports that are allowed anyway
 * and on 80, `host:port` for that port alone, `host:*` for every port; by https or plain http, whatever the
 * address. IPv6 addresses stand in brackets. Throws on an entry that is none of these.
 */
export function allowedHosts(entries: readonly string[], ports: readonly number[]): AllowedHosts {
  const known = entries.map(readEntry);
  return {
    allows(url) {
      const asked = portOf(url);
      return known.some(
        ({ hostname, port }) =>
          hostname === url.hostname &&
          (port === undefined ? ports.includes(asked) || asked === 80 : port === 'any' || port === asked),
      );
    },
  };
}

/** The port that a URL leads to, written or not. */
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
