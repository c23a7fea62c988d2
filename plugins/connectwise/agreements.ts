import type { ConnectWiseClient } from './client.js';
import { chunks, idList } from './conditions.js';
import { type Agreement, agreement } from './records.js';

const fields =
  'id,name,company/id,company/name,type/id,startDate,endDate,noEndingDateFlag,cancelledFlag,agreementStatus,billStartDate,nextInvoiceDate,prorateFlag,parentAgreement/id';

/** The agreements of these companies and types that are in force on a date: many companies in one request. */
export async function agreementsInForce(
  client: ConnectWiseClient,
  companyIds: readonly string[],
  typeIds: readonly string[],
  onDate: string,
): Promise<Agreement[]> {
  const types = idList(typeIds);
  if (types.length === 0) return [];
  const pages = await Promise.all(
    chunks(idList(companyIds)).map(chunk =>
      client.getAll('/finance/agreements', agreement, {
        params: {
          conditions: `company/id in (${chunk.join(',')}) and type/id in (${types.join(',')}) and agreementStatus="Active"`,
          fields,
        },
      }),
    ),
  );
  return pages.flat().filter(found => isInForce(found, onDate));
}

/**
 * Active, begun and not ended. Child agreements are left out: they are billed through their parent, and the usage
 * belongs there.
 */
function isInForce(agreement: Agreement, onDate: string): boolean {
  return (
    !agreement.cancelledFlag &&
    (agreement.agreementStatus ?? 'Active') === 'Active' &&
    !agreement.parentAgreement?.id &&
    (!agreement.startDate || calendarDate(agreement.startDate) <= onDate) &&
    (!!agreement.noEndingDateFlag || !agreement.endDate || calendarDate(agreement.endDate) >= onDate)
  );
}

/** ConnectWise writes a date as midnight UTC (seen in client code). It means that calendar date, in no time zone. */
export function calendarDate(text: string): string {
  return text.slice(0, 10);
}
