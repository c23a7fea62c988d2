import { type Redact, redactor } from '../text/redaction.js';
import type { PsaHttp, PsaRequest } from './http.js';

/**
 * Some servers, and the proxies before them, repeat what they were sent when they say what was wrong with it,
 * and that is stored, shown and sent to people. So every answer that is not a success is rid of `secrets` and of
 * the request's own Authorization header. Records that a PSA answers are left as they are.
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

/** The header's value without its scheme, and what it says when it is base64. */
function authorizationOf({ headers = {} }: PsaRequest): string[] {
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization') ?? [];
  const token = value?.replace(/^\S+\s+/, '');
  return token ? [token, Buffer.from(token, 'base64').toString('utf8')] : [];
}

/** In JSON the strings themselves are looked at: there are many ways to write one. */
function redactText(text: string, redact: Redact): string {
  try {
    return JSON.stringify(JSON.parse(text), (_name, value) =>
      typeof value === 'string' ? redact(value) : value,
    );
  } catch {
    return redact(text);
  }
}
