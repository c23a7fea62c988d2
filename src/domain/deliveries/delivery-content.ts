import { z } from 'zod';
import { backupStatusName } from '../backups/backup-job-result.js';

/** What a DIGEST delivery writes. */
export const digestContent = z.object({
  body: z.string(),
  /** The worst result of the day, which decides the priority. */
  worst: backupStatusName,
});
export type DigestContent = z.infer<typeof digestContent>;

/** What a TEST delivery writes, to a company that a person chose. */
export const testContent = z.object({ body: z.string(), companyId: z.string() });
export type TestContent = z.infer<typeof testContent>;

/** A place in the PSA that bills a quantity, as the plugin resolved it. */
export const storedTarget = z.object({
  key: z.string(),
  description: z.string(),
  quantity: z.string().nullable(),
  place: z.unknown(),
});

/** What a USAGE delivery writes. */
export const quantityContent = z.object({
  companyId: z.string(),
  usageType: z.string(),
  /** Null: a place that was billed before and is set to zero. */
  level: z.string().nullable(),
  /** Absolute, exact decimal. */
  quantity: z.string(),
  periodStart: z.string(),
  periodEnd: z.string(),
  invoiceDate: z.string(),
  /** The place as the pipeline resolved it; absent where it could not, and then it is resolved again on retry. */
  target: storedTarget.optional(),
  /** Zero for an old place: the level that no organization of the company is mapped at any more. Valid while that is so. */
  formerLevel: z.string().optional(),
  /** When the place was resolved, RFC 3339. */
  resolvedAt: z.string().optional(),
});
export type QuantityContent = z.infer<typeof quantityContent>;
