export interface LoggedRequest {
  method: string;
  /** Below `/apis/3.0`. */
  path: string;
  query: string;
  /** Of path and query. ConnectWise recommends less than 2,000 characters in total. */
  urlLength: number;
  /** The login's user name; never the secret. */
  user: string;
  status: number;
  at: string;
}

const most = 5_000;

/** The latest requests, and the number of all requests. */
export class RequestLog {
  #latest: LoggedRequest[] = [];
  #total = 0;

  add(request: LoggedRequest): void {
    this.#total += 1;
    this.#latest.push(request);
    if (this.#latest.length > most * 2) this.#latest = this.#latest.slice(-most);
  }

  get total(): number {
    return this.#total;
  }

  latest(count = most): LoggedRequest[] {
    return this.#latest.slice(-count);
  }

  count(method: string, path: RegExp): number {
    return this.#latest.filter(request => request.method === method && path.test(request.path)).length;
  }

  clear(): void {
    this.#latest = [];
    this.#total = 0;
  }
}
