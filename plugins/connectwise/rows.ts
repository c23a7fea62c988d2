import { z } from 'zod';
import type { ConnectWiseClient } from './client.js';

/** A row that does not match its schema: the first field that could not be read, and the row as it was. */
export interface UnreadableRow {
  field: string;
  row: unknown;
}

export interface ReadRows<T> {
  readable: T[];
  unreadable: UnreadableRow[];
}

/** All pages of a collection, each row read by itself: one strange row does not make the others unreadable. */
export async function readRows<T>(
  client: ConnectWiseClient,
  path: string,
  schema: z.ZodType<T>,
  options: { params?: Record<string, string | number>; exact?: readonly string[] },
): Promise<ReadRows<T>> {
  const rows: ReadRows<T> = { readable: [], unreadable: [] };
  for (const row of await client.getAll(path, z.unknown(), options)) {
    const read = schema.safeParse(row);
    if (read.success) rows.readable.push(read.data);
    else rows.unreadable.push({ field: read.error.issues[0]!.path.join('.') || 'the whole row', row });
  }
  return rows;
}
