import { z } from 'zod';
import { readInstant } from '../domain/calendar.js';
import { storableText } from '../text/storable-text.js';

/** What became of reported rows. `index` counts from 0 in the call. */
export interface IngestResult {
  accepted: number;
  duplicates: number;
  rejected: RejectedRow[];
}

export interface RejectedRow {
  index: number;
  /** INVALID, UNKNOWN_ORGANIZATION, UNKNOWN_PARTNER or CONFLICT. */
  code: 'INVALID' | 'UNKNOWN_ORGANIZATION' | 'UNKNOWN_PARTNER' | 'CONFLICT';
  message: string;
}

/** A good row together with its place in the call. */
export interface Numbered<Row> {
  index: number;
  row: Row;
}

/** Sorts rows into those that `schema` can read and those that it rejects, with the field and the remedy. */
export function checkRows<Row>(
  schema: z.ZodType<Row>,
  rows: readonly unknown[],
): { good: Numbered<Row>[]; rejected: RejectedRow[] } {
  const good: Numbered<Row>[] = [];
  const rejected: RejectedRow[] = [];
  rows.forEach((row, index) => {
    const checked = schema.safeParse(row);
    if (checked.success) {
      good.push({ index, row: checked.data });
    } else {
      const message = checked.error.issues
        .map(issue => `${issue.path.join('.')}: ${issue.message}`)
        .join('; ');
      rejected.push({ index, code: 'INVALID', message });
    }
  });
  return { good, rejected };
}

/** A name or id: one line's worth of text, not blank. */
export const shortText = z
  .string()
  .transform(value => storableText(value).trim())
  .pipe(z.string().min(1, 'must not be empty').max(200, 'must be at most 200 characters'));

/** Free text; what goes beyond 20,000 characters is cut, because a long message is no reason to lose its report. */
export const longText = z.string().transform(value => {
  const text = storableText(value);
  return text.length > 20_000 ? `${text.slice(0, 20_000).toWellFormed()}… (cut)` : text;
});

/** An RFC 3339 instant with offset, read into ISO text in UTC. */
export const instant = z.string().transform((value, context) => {
  const read = readInstant(value);
  if (!read) {
    context.addIssue({
      code: 'custom',
      message: `"${value.slice(0, 60)}" is not a date and time with offset such as 2026-11-23T07:00:00Z`,
    });
    return z.NEVER;
  }
  return read.toISOString();
});

/** An exact decimal of zero or more. */
export const quantity = z
  .string()
  .regex(
    /^\d{1,18}(\.\d{1,9})?$/,
    'must be a decimal of zero or more such as 1250.75, with at most 18 digits before and 9 after the point',
  );
