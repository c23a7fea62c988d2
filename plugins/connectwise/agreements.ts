import { PsaSurprise } from 'psa-bridge/plugin';
import { z } from 'zod';
import type { ConnectWiseClient } from './client.js';
import { chunks, idList } from './conditions.js';
import { type Agreement, agreement } from './records.js';
import { type ReadRows, readRows, type UnreadableRow } from './rows.js';

const path = '/finance/agreements';
const fields =
  'id,name,company/id,company/name,type/id,startDate,endDate,noEndingDateFlag,cancelledFlag,agreementStatus,billStartDate,nextInvoiceDate,prorateFlag,parentAgreement/id,billingCycle/name,periodType';

export interface CompanyAgreements {
  agreements: Agreement[];
  /** By company: the field of an agreement that could not be read. It may be the one that is asked for. */
  unreadable: Map<string, string>;
}

/**
 * The agreements of these companies and types, whatever their state: many companies in one request. A child has the
 * next invoice date of its parent, because they share one invoice (described by vendors).
 */
export async function agreementsOf(
  client: ConnectWiseClient,
  companyIds: readonly string[],
  typeIds: readonly string[],
): Promise<CompanyAgreements> {
  const types = idList(typeIds);
  if (types.length === 0) return { agreements: [], unreadable: new Map() };
  const { readable, unreadable } = await readChunks(
    client,
    chunks(idList(companyIds)).map(
      chunk => `company/id in (${chunk.join(',')}) and type/id in (${types.join(',')})`,
    ),
  );
  const fieldOf = new Map(unreadable.map(row => [companyOf(row), row.field]));
  const parentIds = idList(readable.flatMap(({ parentAgreement }) => parentIdOf(parentAgreement)));
  const parents = await readChunks(
    client,
    chunks(parentIds).map(chunk => `id in (${chunk.join(',')})`),
  );
  const parentById = new Map(parents.readable.map(parent => [String(parent.id), parent]));
  const agreements = readable.map(found => {
    const [parentId] = parentIdOf(found.parentAgreement);
    if (parentId === undefined) return found;
    const parent = parentById.get(parentId);
    if (!parent) fieldOf.set(String(found.company.id), 'parentAgreement');
    return { ...found, nextInvoiceDate: parent?.nextInvoiceDate };
  });
  return { agreements, unreadable: fieldOf };
}

async function readChunks(
  client: ConnectWiseClient,
  conditions: readonly string[],
): Promise<ReadRows<Agreement>> {
  const pages = await Promise.all(
    conditions.map(condition =>
      readRows(client, path, agreement, { params: { conditions: condition, fields } }),
    ),
  );
  return {
    readable: pages.flatMap(({ readable }) => readable),
    unreadable: pages.flatMap(({ unreadable }) => unreadable),
  };
}

const anyCompany = z.object({ company: z.object({ id: z.int() }) });

/** Without its company, an agreement may be anybody's, so nobody's can be trusted. */
function companyOf({ row, field }: UnreadableRow): string {
  const read = anyCompany.safeParse(row);
  if (read.success) return String(read.data.company.id);
  throw new PsaSurprise(`ConnectWise’s answer does not match its documentation: ${field} of an agreement.`);
}

function parentIdOf(parent: Agreement['parentAgreement']): string[] {
  return parent?.id ? [String(parent.id)] : [];
}

/** Active, begun and not ended on this date. */
export function isInForce(agreement: Agreement, onDate: string): boolean {
  return (
    !agreement.cancelledFlag &&
    (agreement.agreementStatus ?? 'Active') === 'Active' &&
    (!agreement.startDate || calendarDate(agreement.startDate) <= onDate) &&
    (lastDay(agreement) ?? onDate) >= onDate
  );
}

/** Whether it ended, without being cancelled, on one of these days. Both dates are inclusive. */
export function endedWithin(agreement: Agreement, from: string, to: string): boolean {
  const end = lastDay(agreement);
  return (
    !agreement.cancelledFlag &&
    ['Active', 'Expired'].includes(agreement.agreementStatus ?? 'Active') &&
    end !== undefined &&
    end >= from &&
    end <= to
  );
}

/** The last day of an agreement; undefined if it has no end. */
export function lastDay({ noEndingDateFlag, endDate }: Agreement): string | undefined {
  return noEndingDateFlag || !endDate ? undefined : calendarDate(endDate);
}

/** ConnectWise writes a date as midnight UTC (seen in client code). It means that calendar date, in no time zone. */
export function calendarDate(text: string): string {
  return text.slice(0, 10);
}

/** The calendar date before this one. */
export function dayBefore(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}
