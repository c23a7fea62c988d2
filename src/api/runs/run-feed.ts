import { Repeater } from '@graphql-yoga/subscription';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { ChangeFeed } from '../../db/changes.js';
import { newestRuns } from './newest-runs.sql.js';

/**
 * The ids of an integration's runs: the newest of each pipeline, then each that changes, in whichever
 * process, until the reader stops. A run that changes again before the reader comes back is reported once, so a
 * slow reader gets its newest state and no backlog. After a time without connection it begins anew.
 */
export function changedRuns(orm: MikroORM, changes: ChangeFeed, integrationId: string): Repeater<string> {
  return new Repeater<string>(async (push, stop) => {
    const changed = new Set<string>();
    let startAnew = true;
    let stopped = false;
    let wake = () => {};
    const ignoreChanges = changes.on(change => {
      if (change.kind === 'resync') startAnew = true;
      else if (change.kind === 'sync_run' && change.integrationId === integrationId)
        changed.add(change.runId);
      else return;
      wake();
    });
    void stop.then(() => {
      stopped = true;
      ignoreChanges();
      wake();
    });
    while (!stopped) {
      if (startAnew) {
        startAnew = false;
        for (const id of await newestRuns(orm.em.fork(), integrationId)) changed.add(id);
      }
      const [next] = changed;
      if (next === undefined) {
        await new Promise<void>(resolve => {
          wake = resolve;
          if (stopped || startAnew || changed.size > 0) resolve();
        });
      } else {
        changed.delete(next);
        await push(next); // settles when the reader comes back for more
      }
    }
  });
}
