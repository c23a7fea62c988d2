import { z } from 'zod';
import { headerValues } from '../../text/secrets-in-text.js';
import { text } from '../parsers.js';
import { setting } from '../setting.js';

/** OpenTelemetry reads these variables itself. They are declared for the check at startup and for redaction. */
export const tracingSettings = {
  endpoint: setting({
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    parser: z.url('must be the URL of an OpenTelemetry collector'),
    description: 'the OpenTelemetry collector that receives traces. Unset: there are none',
  }),
  tracesEndpoint: setting({
    name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    parser: z.url('must be the URL of an OpenTelemetry collector'),
    description: 'the same, as the whole URL of the traces',
  }),
  headers: setting({
    name: 'OTEL_EXPORTER_OTLP_HEADERS',
    parser: text,
    secret: headerValues,
    description: 'headers for the collector: `authorization=Bearer …`',
  }),
  tracesHeaders: setting({
    name: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    parser: text,
    secret: headerValues,
    description: 'the same, for traces only',
  }),
};
