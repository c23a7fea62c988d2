/** One HTTP request to a PSA, as an adapter makes it. */
export interface PsaRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  /** Sent unchanged; the caller sets the content type. */
  body?: string;
  /** For the headers, and for the body; by default the operator's setting. */
  timeoutMs?: number;
  /**
   * Called immediately before the first byte is sent, however long the request waited for its turn or its connection.
   * If it throws, the request fails with that error and nothing is sent.
   */
  beforeSending?(): void;
}

export interface PsaResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** The whole body, decoded as UTF-8. */
  text: string;
}

/**
 * The guarded HTTP client of a connection. Throws PsaUnreachable if there is no answer, with whether the request may
 * have been carried out. Never follows redirects: the guard has not seen their target.
 */
export interface PsaHttp {
  request(request: PsaRequest): Promise<PsaResponse>;
}
