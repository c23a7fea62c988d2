import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import { inSpan } from '../observability/span.js';
import type { ApiContext, Contexts } from './context.js';
import { nameActiveSpan } from './watch-operations.js';

/**
 * Executes each event of a subscription in a context of its own: a context that lived as long as the subscription would
 * answer from entities that it loaded long ago.
 */
export async function subscribeWithFreshContexts(
  args: ExecutionArgs,
  contexts: Contexts,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const events = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in events)) return events;
  const { caller, origin } = args.contextValue as ApiContext;
  const iterator = events[Symbol.asyncIterator]();
  // graphql-ws ends a subscription by calling return() on what it was given, so this is its own iterator.
  const answers: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      const event = await iterator.next();
      if (event.done) return { done: true, value: undefined };
      const contextValue = contexts.for(caller, origin);
      const began = performance.now();
      const value = await inSpan('graphql', {}, async () => {
        nameActiveSpan('subscription', args.operationName);
        return execute({ ...args, rootValue: event.value, contextValue });
      });
      const seconds = (performance.now() - began) / 1000;
      contextValue.app.metrics.observeOperation('subscription', value.errors !== undefined, seconds);
      return { done: false, value };
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => answers,
  };
  return answers;
}
