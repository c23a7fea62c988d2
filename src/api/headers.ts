import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** For answers that are no page: they may load and do nothing, wherever somebody opens them. */
const noPage = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"], 'form-action': ["'none'"] };

/**
 * For pages that are served from here: nothing comes from elsewhere. The editor makes its own styles and, in Safari,
 * workers from blobs.
 */
export const pagePolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Gives every answer the headers that keep browsers from doing more with it than it is meant for. */
export async function secureHeaders(server: FastifyInstance): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: noPage },
    // Browsers only heed it over TLS, which a proxy in front of us speaks.
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
}
