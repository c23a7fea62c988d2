import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { run, statement } from '../db/sql.js';
import { type IntegrationJobName, integrationJobNames } from '../domain/integrations/wake-up.js';
import { pipelinesPlannedByJob } from './registry.js';

const overdue = statement(
  z.object({ job: z.enum(integrationJobNames), integrationId: z.string() }),
  `select plan.job, r.integration_id as "integrationId"
     from sync_run r join unnest($2::text[], $3::text[]) as plan(pipeline, job) on plan.pipeline = r.pipeline
     where r.state = 'RUNNING' and r.planned_at is null
   union
   select 'deliver', i.id from integration i
     where i.disconnected_at is null and (
       (i.status = 'CONNECTED' and (i.resting_until is null or i.resting_until <= $1) and exists (
         select 1 from delivery d
         where d.integration_id = i.id and d.state = 'PENDING' and d.next_attempt_at <= $1))
       or (i.status = 'NEEDS_ATTENTION' and i.next_probe_at <= $1))
   union
   select 'notices', integration_id from notice where addressed_at is null and due_at <= $1
   union
   select 'notices', n.integration_id from notice_delivery d join notice n on n.id = d.notice_id
     where d.state = 'PENDING' and d.next_attempt_at <= $1`,
);

/**
 * Which job has overdue work for which integration: runs that are not planned, deliveries whose next attempt has come,
 * integrations to be probed again, notices that are due.
 */
export function overdueWork(
  em: EntityManager,
  now: Date,
): Promise<{ job: IntegrationJobName; integrationId: string }[]> {
  return run(em, overdue, [
    now,
    pipelinesPlannedByJob.map(({ name }) => name),
    pipelinesPlannedByJob.map(({ planning }) => planning.job),
  ]);
}
