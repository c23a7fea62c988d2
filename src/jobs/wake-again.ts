import type { Agenda } from 'agenda';
import type { IntegrationJob } from '../domain/integrations/wake-up.js';
import { wakeAtInPostgres } from './wake-up-in-postgres.js';
import type { WorkerSurroundings } from './worker.js';

/** What is due later than this is left to the tick. */
const soonMs = 60_000;

/** Has a job run again for the integration at `next`, where that is soon. */
export async function wakeAgain(
  agenda: Agenda,
  { orm, now }: WorkerSurroundings,
  inMongo: boolean,
  job: IntegrationJob,
  integrationId: string,
  next: Date | null,
): Promise<void> {
  if (!next) return;
  const inMs = Math.max(next.getTime() - now().getTime(), 0);
  if (inMs > soonMs) return;
  // Job stores go by the machine's clock, whatever `now` says.
  const at = new Date(Date.now() + inMs);
  if (inMongo) await agenda.schedule(at, job, { integrationId });
  else await wakeAtInPostgres(orm.em.fork(), job, integrationId, at);
}
