import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { execute, run, statement } from '../../db/sql.js';
import type { ActionWrittenBy } from './actions.js';
import type { Actor } from './actor.js';

export interface RecordedAction {
  action: ActionWrittenBy<'recordAction'>;
  integrationId: string;
  after: Record<string, unknown>;
}

const recordForIntegration = statement(
  z.object({ id: z.string().nullable() }),
  'select audit_deed($1, $2, $3) as id',
);

/**
 * Records an action that no changed column shows, in `em`'s transaction. Returns the entry's id; null where `em` has no
 * actor, as in a worker.
 */
export async function recordAction(
  em: EntityManager,
  { action, integrationId, after }: RecordedAction,
): Promise<string | null> {
  const [entry] = await run(em, recordForIntegration, [action, integrationId, JSON.stringify(after)]);
  return entry!.id;
}

/**
 * Records a sign-in, or the rejection of a token that was valid once: at most once in 24 hours for each actor, action
 * and address.
 */
export async function recordSignIn(
  em: EntityManager,
  action: ActionWrittenBy<'recordSignIn'>,
  actor: Actor,
): Promise<void> {
  await execute(em, 'select audit_sign_in($1, $2)', [action, JSON.stringify(actor)]);
}
