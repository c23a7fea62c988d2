import { createRequire } from 'node:module';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';
import { within } from '../db/within.js';
import { scrubbed } from './scrubbed-spans.js';

/** How long stopping waits until the collector has received the last spans. */
const patienceMs = 3_000;

/**
 * Starts sending traces, as configured by OpenTelemetry's own environment variables (OTEL_EXPORTER_OTLP_ENDPOINT,
 * OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER …). Call it before anything imports pg. Returns a
 * function that sends the remaining spans and stops; it never rejects.
 */
export function startTracing(logger: Logger): () => Promise<void> {
  const warn = (message: string) => logger.warn({ telemetry: message }, 'sending traces failed');
  const ignore = () => {};
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN },
  );
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'psa-bridge' }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(scrubbed(new OTLPTraceExporter()))],
  });
  // Without a propagator: PSAs have no use for our trace ids.
  provider.register({ propagator: null });
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [
      new UndiciInstrumentation(),
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
    ],
  });
  // The instrumentation patches pg when it is required. The ES module that all files import wraps this one.
  createRequire(import.meta.url)('pg');
  return () => within(patienceMs, provider.shutdown()).catch(error => warn(String(error)));
}
