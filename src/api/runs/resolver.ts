import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Resolver, Root, Subscription } from 'type-graphql';
import { Integration, IntegrationStatus } from '../../domain/integrations/integration.js';
import type { Organization } from '../../domain/partners/organization.js';
import { Pipeline, RunTrigger, SyncRun } from '../../domain/runs/sync-run.js';
import { startRun } from '../../pipelines/start-run.js';
import { ForPortals, findIntegration } from '../access.js';
import type { ApiContext } from '../context.js';
import { notFoundError } from '../errors.js';
import { IntegrationType } from '../integrations/types.js';
import { pageOfNewest } from '../newest-first.js';
import { type Page, pageCost } from '../pages.js';
import { OrganizationType } from '../partners/types.js';
import { LocalDateScalar } from '../scalars/scalars.js';
import { notFound } from '../user-error.js';
import { type ChangeNode, readChanges } from './read-changes.js';
import { changedRuns } from './run-feed.js';
import {
  ChangesArgs,
  PlannedChangeConnection,
  PlannedChangeType,
  RunPipelinePayload,
  ScheduledRun,
  SyncRunConnection,
  SyncRunsArgs,
  SyncRunType,
} from './types.js';

@Resolver(() => SyncRunType)
export class SyncRunResolver {
  @FieldResolver(() => PlannedChangeConnection, {
    description:
      'What the run did for each organization, or, in a dry run, would do. Empty until the run has planned.',
    complexity: pageCost,
  })
  changes(
    @Root() run: SyncRun,
    @Args() args: ChangesArgs,
    @Ctx() { em }: ApiContext,
  ): Promise<Page<ChangeNode>> {
    return readChanges(em, run, args);
  }

  @ForPortals()
  @Mutation(() => RunPipelinePayload, {
    description:
      'Starts a run now; a worker works on it, and `syncStatus` tells how it goes. What was delivered before is never repeated. userErrors: `NOT_FOUND` (`integrationId`), `BILLING_DISABLED` and `DIGEST_DISABLED` (`pipeline`: switched off in the options; a dry run works all the same), `INVALID` (`date`: not a date), `NOT_AN_INVOICE_DATE` (`date`: USAGE runs for invoice dates only), `NOT_OVER` (`date`: it has not come yet), `OLDER_PERIOD` (`date`: a newer period is billed already).',
  })
  async runPipeline(
    @Arg('integrationId', () => ID) integrationId: string,
    @Arg('pipeline', () => Pipeline, { description: 'What to run.' }) pipeline: Pipeline,
    @Arg('dryRun', () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: 'Only work out what would be done, and change nothing: see the run’s `changes`.',
    })
    dryRun: boolean | null,
    @Arg('date', () => LocalDateScalar, {
      nullable: true,
      description:
        'The invoice date for USAGE, the day to sum up for DIGEST, the day of the results for EVENTS, in the partner’s time zone. Left out: the latest one due; for EVENTS all that is owed.',
    })
    date: string | null | undefined,
    @Ctx() context: ApiContext,
  ): Promise<RunPipelinePayload> {
    const integration = await findIntegration(context, integrationId);
    if (!integration) return { run: null, userErrors: [notFound('integrationId', 'integration')] };
    const started = await startRun(context.em, {
      integration,
      partner: await context.loaders.partner.load(integration.partner.id),
      pipeline,
      trigger: RunTrigger.MANUAL,
      dryRun: dryRun ?? false,
      date: date ?? undefined,
      now: context.app.now(),
      wakeUp: context.app.wakeUp,
    });
    return 'problem' in started
      ? { run: null, userErrors: [started.problem] }
      : { run: started.run, userErrors: [] };
  }

  @ForPortals()
  @Subscription(() => SyncRunType, {
    description:
      'First the newest run of each pipeline, then every change of a run’s state or progress, from whichever process works on it. A slow reader gets the newest state of each run, not every step. An integration that you may not see is a NOT_FOUND error.',
    subscribe: async ({ context, args }) => {
      const api = context as ApiContext;
      const integration = await findIntegration(api, args.integrationId);
      if (!integration) throw notFoundError('There is no integration with this id.');
      return changedRuns(api.app.orm, api.app.changes, integration.id);
    },
  })
  syncStatus(
    @Arg('integrationId', () => ID) _integrationId: string,
    @Root() runId: string,
    @Ctx() { em }: ApiContext,
  ): Promise<SyncRun> {
    return em.findOneOrFail(SyncRun, { id: runId });
  }
}

@Resolver(() => PlannedChangeType)
export class PlannedChangeResolver {
  @FieldResolver(() => OrganizationType, { description: 'Whom it is about.' })
  organization(@Root() change: ChangeNode, @Ctx() { loaders }: ApiContext): Promise<Organization> {
    return loaders.organization.load(change.organizationId);
  }
}

@Resolver(() => IntegrationType)
export class IntegrationRunsResolver {
  @FieldResolver(() => SyncRunConnection, { description: 'Its runs, newest first.', complexity: pageCost })
  syncRuns(
    @Root() integration: Integration,
    @Args() args: SyncRunsArgs,
    @Ctx() { em }: ApiContext,
  ): Promise<Page<SyncRun>> {
    const { pipeline } = args;
    return pageOfNewest(em, SyncRun, { integration: integration.id, ...(pipeline && { pipeline }) }, args);
  }

  @FieldResolver(() => [ScheduledRun], {
    description: 'When its pipelines run next by themselves. Empty while it is not CONNECTED.',
  })
  schedule(@Root() integration: Integration): ScheduledRun[] {
    if (integration.status !== IntegrationStatus.CONNECTED) return [];
    const { nextUsageAt, nextDigestAt } = integration;
    return [
      ...(nextUsageAt ? [{ pipeline: Pipeline.USAGE, nextRunAt: nextUsageAt }] : []),
      ...(nextDigestAt ? [{ pipeline: Pipeline.DIGEST, nextRunAt: nextDigestAt }] : []),
    ];
  }
}
