import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ApolloServerPlugin } from '@apollo/server';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { Metrics } from '../observability/metrics.js';
import type { ApiContext } from './context.js';

/** What a caller's request id may look like: anything else could be made to forge log lines or to fill them. */
const saneRequestId = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

/** The caller's own `x-request-id` where it is sane, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && saneRequestId.test(sent) ? sent : randomUUID();
}

/** Measures each operation and names the active span after it: its type and name, nothing else of it. */
export function watchOperations(metrics: Metrics): ApolloServerPlugin<ApiContext> {
  return {
    async requestDidStart() {
      const began = performance.now();
      return {
        async didResolveOperation({ operation, operationName }) {
          if (operation) nameActiveSpan(operation.operation, operationName);
        },
        async willSendResponse({ operation, response }) {
          const errors = response.body.kind === 'single' && response.body.singleResult.errors !== undefined;
          if (errors) trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR });
          const seconds = (performance.now() - began) / 1000;
          metrics.observeOperation(operation?.operation ?? 'unknown', errors, seconds);
        },
      };
    },
  };
}

/** Names the active span after an operation. */
export function nameActiveSpan(type: string, name: string | null | undefined): void {
  const span = trace.getActiveSpan();
  span?.updateName(name ? `${type} ${name}` : type);
  span?.setAttribute('graphql.operation.type', type);
  if (name) span?.setAttribute('graphql.operation.name', name);
}
