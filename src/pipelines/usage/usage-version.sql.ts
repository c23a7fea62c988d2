import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { execute, run, statement } from '../../db/sql.js';
import { usageRuns } from './usage-runs.js';

/** As long as an integration's version stays the same, no worker begins to write its quantities. */
export type UsageVersion = string;

/** A worker writes quantities of an earlier plan: what is planned beside it could be wrong a moment later. */
export class QuantitiesBeingWritten extends Error {
  constructor() {
    super('Quantities of an earlier run are being written. This run is planned as soon as that is over.');
  }
}

/**
 * A quantity is being written from its claim until its outcome is recorded. One that was skipped meanwhile, because the
 * integration was disconnected, is being written while the lease of its worker lasts.
 */
const read = statement(
  z.object({ version: z.string(), writing: z.boolean() }),
  `select i.usage_version::text as version, exists (
     select 1 from delivery d
     where d.run_id in (${usageRuns('$1')}) and d.claim_fence is not null
       and (d.state = 'PENDING' or d.claim_fence = (
         select fence from lease where name = 'deliver:' || i.id and until > now()))) as writing
   from integration i where i.id = $1`,
);

/** The integration's version now; undefined while a worker writes quantities of the integration. */
export async function readUsageVersion(
  em: EntityManager,
  integrationId: string,
): Promise<UsageVersion | undefined> {
  const [integration] = await run(em, read, [integrationId]);
  return integration && !integration.writing ? integration.version : undefined;
}

/**
 * Raises the version, if it is still `from`. False: a worker began to write since. Until `em`'s transaction ends,
 * workers claim no quantities of the integration, because its row is locked.
 */
export async function raiseUsageVersion(
  em: EntityManager,
  integrationId: string,
  from: UsageVersion,
): Promise<boolean> {
  const raised = await execute(
    em,
    'update integration set usage_version = usage_version + 1 where id = $1 and usage_version = $2',
    [integrationId, from],
  );
  return raised > 0;
}
