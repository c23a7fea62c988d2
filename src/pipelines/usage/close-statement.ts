import type { EntityManager } from '@mikro-orm/postgresql';
import { rowsOf } from '../../domain/tables.js';
import type { Period } from '../../domain/usage/billing-period.js';
import type { UsageFigure } from './read-period-figures.sql.js';
import { countDifferences, insertLines } from './statement-lines.sql.js';

export interface ClosedStatement {
  id: string;
  revision: number;
}

/**
 * Freezes the figures of a period as its statement. Figures that equal the newest revision's are that
 * revision; others make a new one, with the reason. Call it in a transaction: it locks the integration,
 * so that two closings of one period cannot make two statements.
 */
export async function closeStatement(
  em: EntityManager,
  integrationId: string,
  invoiceDate: string,
  period: Period,
  figures: readonly UsageFigure[],
): Promise<ClosedStatement> {
  await rowsOf(em, tables =>
    tables.selectFrom('integration').select('id').where('id', '=', integrationId).forNoKeyUpdate(),
  );
  const [newest] = await rowsOf(em, tables =>
    tables
      .selectFrom('usage_statement')
      .select(['id', 'revision'])
      .where('integration_id', '=', integrationId)
      .where('invoice_date', '=', invoiceDate)
      .orderBy('revision', 'desc')
      .limit(1),
  );
  const differing = newest ? await countDifferences(em, newest.id, figures) : 0;
  if (newest && differing === 0) return newest;
  const reason = newest
    ? `${differing} ${differing === 1 ? 'line differs' : 'lines differ'} from revision ${newest.revision}: measurements or mappings were changed after it was closed.`
    : null;
  const [statement] = await rowsOf(em, tables =>
    tables
      .insertInto('usage_statement')
      .values({
        integration_id: integrationId,
        period_start: period.start,
        period_end: period.end,
        invoice_date: invoiceDate,
        revision: (newest?.revision ?? 0) + 1,
        reason,
      })
      .returning(['id', 'revision']),
  );
  await insertLines(em, statement!.id, figures);
  return statement!;
}
