import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** The built page lies at the same place beside this file's folder, run from sources and from dist. */
function builtPage(): string {
  const here = fileURLToPath(import.meta.url);
  return fileURLToPath(
    new URL(
      here.includes('/dist/') ? '../../portal/playground' : '../../dist/portal/playground',
      import.meta.url,
    ),
  );
}

/** Nothing comes from elsewhere. The editor makes its own styles and, in Safari, workers from blobs. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves GraphiQL, as built by `npm run build:playground`, at /playground. */
export async function servePlayground(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: builtPage(),
    prefix: '/playground/',
    redirect: false,
    setHeaders: reply => {
      reply.header('content-security-policy', contentSecurityPolicy);
      reply.header('x-content-type-options', 'nosniff');
      reply.header('referrer-policy', 'no-referrer');
    },
  });
  app.get('/playground', (_request, reply) => reply.redirect('/playground/'));
}
