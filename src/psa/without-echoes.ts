import { type Redact, redactor } from '../text/redaction.js';
import type { PsaHttp, PsaRequest } from './http.js';

/**
 * Some servers, and proxies in front of them, repeat the request in their error answers, which are stored, shown and
 * sent to people. So `secrets` and the request's own Authorization header are redacted in every answer that is not a
 * success. Successful answers stay unchanged.
 */
export function withoutEchoes(http: PsaHttp, secrets: readonly string[]): PsaHttp {
  return {
    async request(request) {
      const response = await http.request(request);
      if (response.status >= 200 && response.status < 300) return response;
      const redact = redactor([...secrets, ...authorizationOf(request)]);
      return { ...response, text: redactText(response.text, redact) };
    },
  };
}

/** The header's value without its scheme, and that value decoded from base64. */
function authorizationOf({ headers = {} }: PsaRequest): string[] {
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization') ?? [];
  const token = value?.replace(/^\S+\s+/, '');
  return token ? [token, Buffer.from(token, 'base64').toString('utf8')] : [];
}

/** In JSON, the strings are redacted after parsing, because JSON has many ways to write a string. */
function redactText(text: string, redact: Redact): string {
  try {
    return JSON.stringify(JSON.parse(text), (_name, value) =>
      typeof value === 'string' ? redact(value) : value,
    );
  } catch {
    return redact(text);
  }
}
