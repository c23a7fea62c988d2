import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { pagePolicy } from './headers.js';

/** The built page, whether this file runs from the sources or from dist. */
function builtPage(): string {
  const here = fileURLToPath(import.meta.url);
  return fileURLToPath(
    new URL(
      here.includes('/dist/') ? '../../portal/playground' : '../../dist/portal/playground',
      import.meta.url,
    ),
  );
}

/** Serves GraphiQL, as built by `npm run build:playground`, at /playground, and redirects / to it. */
export async function servePlayground(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: builtPage(),
    prefix: '/playground/',
    redirect: false,
    setHeaders: reply => {
      reply.header('content-security-policy', pagePolicy);
    },
  });
  app.get('/', (_request, reply) => reply.redirect('/playground/'));
  app.get('/playground', (_request, reply) => reply.redirect('/playground/'));
}
