/** One HTTP exchange with a PSA, as an adapter sees it. */
export interface PsaRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  /** Sent as it is; the caller sets the content type. */
  body?: string;
  /** For headers and body each; the operator's setting where it is left out. */
  timeoutMs?: number;
  /**
   * Called at the last moment, when the first byte is about to leave, however long the request waited for its
   * turn or its connection before. What it throws is the request's end, and nothing is sent.
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
 * The guarded way out to a PSA. Throws PsaUnreachable where no answer came, with whether the request may
 * have been carried out. Never follows redirects: their target would escape the guard.
 */
export interface PsaHttp {
  request(request: PsaRequest): Promise<PsaResponse>;
}
