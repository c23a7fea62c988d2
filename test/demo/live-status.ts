import { print } from 'graphql';
import { type Pipeline, SyncStatusDocument, type SyncStatusSubscription } from '../../src/gql/typed.js';
import type { GraphQLClient } from '../support/graphql-client.js';

type Run = SyncStatusSubscription['syncStatus'];

export interface LiveStatus {
  /**
   * Resolves with the next run of the pipeline that ends, or with the one that ended last if it was not requested yet.
   * Rejects after 30 seconds.
   */
  ended(pipeline: Pipeline): Promise<Run>;
  stop(): void;
}

const timeoutMs = 30_000;

/** Follows an integration's live status over WebSocket, as a portal's page does. */
export function followStatus(portal: GraphQLClient, token: string, integrationId: string): LiveStatus {
  const finished = new Map<Pipeline, Run>();
  const waiting = new Map<Pipeline, (run: Run) => void>();
  const seen = new Set<string>();
  const client = portal.watch(token);
  client.subscribe<SyncStatusSubscription>(
    { query: print(SyncStatusDocument), variables: { integrationId } },
    {
      next({ data }) {
        const run = data?.syncStatus;
        if (!run || run.state === 'RUNNING' || seen.has(run.id)) return;
        seen.add(run.id);
        const waiter = waiting.get(run.pipeline);
        if (waiter) waiter(run);
        else finished.set(run.pipeline, run);
      },
      error: () => {},
      complete: () => {},
    },
  );
  return {
    ended: pipeline =>
      new Promise((done, failed) => {
        const giveUp = setTimeout(() => failed(new Error(`the ${pipeline} run did not end`)), timeoutMs);
        const take = (run: Run) => {
          clearTimeout(giveUp);
          waiting.delete(pipeline);
          finished.delete(pipeline);
          done(run);
        };
        const already = finished.get(pipeline);
        if (already) take(already);
        else waiting.set(pipeline, take);
      }),
    stop: () => void client.dispose(),
  };
}
