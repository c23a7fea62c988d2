import { z } from 'zod';
import { IntegrationStatus } from '../integrations/integration.js';
import { PipelineName } from '../runs/pipeline-name.js';
import { RunState } from '../runs/sync-run.js';
import { NoticeType } from './notice-type.js';

/** What receivers of webhooks get as JSON. Never contains a secret. */
export const noticePayload = z.object({
  type: z.enum(NoticeType),
  /** When it happened, RFC 3339. */
  timestamp: z.string(),
  data: z.object({
    integrationId: z.string(),
    partner: z.object({ id: z.string(), externalId: z.string(), name: z.string() }),
    /** The plugin's id. */
    psa: z.string(),
    status: z.enum(IntegrationStatus),
    /** What a person has to do. */
    reason: z.string().nullable(),
    /** NEEDS_ATTENTION and RECOVERED: since when the integration needed attention, RFC 3339. */
    since: z.string().optional(),
    /** RUN_FAILED and DELIVERY_HELD. */
    run: z
      .object({
        id: z.string(),
        pipeline: z.enum(PipelineName),
        /** The run's date, YYYY-MM-DD. */
        date: z.string(),
        state: z.enum(RunState),
        total: z.number(),
        delivered: z.number(),
        skipped: z.number(),
        failed: z.number(),
        held: z.number(),
      })
      .optional(),
  }),
});

export type NoticePayload = z.infer<typeof noticePayload>;
