import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Resolver, Root, Subscription } from 'type-graphql';
import { Integration, IntegrationStatus } from '../../domain/integrations/integration.js';
import type { Organization } from '../../domain/partners/organization.js';
import { PipelineName } from '../../domain/runs/pipeline-name.js';
import { RunTrigger, SyncRun } from '../../domain/runs/sync-run.js';
import { allPipelines } from '../../pipelines/registry.js';
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
import { type ChangeNode, readChanges } from './read-changes.sql.js';
import { changedRuns } from './run-feed.js';
import {
  ChangesArgs,
  dateMeanings,
  PlannedChangeConnection,
  PlannedChangeType,
  RunPipelinePayload,
  ScheduledRun,
  SyncRunConnection,
  SyncRunsArgs,
  SyncRunType,
} from './types.js';

const problems = [
  'userErrors: `NOT_FOUND` (`integrationId`), `INVALID` (`date`: not a date), `NOT_OVER` (`date`: it has not come yet).',
  ...allPipelines.flatMap(pipeline =>
    pipeline.problems.length > 0 ? `${pipeline.name}: ${pipeline.problems.join(', ')}.` : [],
  ),
].join(' ');

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
    description: `Starts a run now. A worker works on it; watch it by \`syncStatus\`. What was delivered before is never repeated. ${problems}`,
  })
  async runPipeline(
    @Arg('integrationId', () => ID) integrationId: string,
    @Arg('pipeline', () => PipelineName, { description: 'What to run.' }) pipeline: PipelineName,
    @Arg('dryRun', () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: 'Only work out what would be done, and change nothing: see the run’s `changes`.',
    })
    dryRun: boolean | null,
    @Arg('date', () => LocalDateScalar, {
      nullable: true,
      description: `In the partner’s time zone. ${dateMeanings} Left out: the latest one due, where a pipeline has one.`,
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
    return { run: started.run, userErrors: started.problem ? [started.problem] : [] };
  }

  @ForPortals()
  @Subscription(() => SyncRunType, {
    description:
      'First the newest run of each pipeline, then every change of a run’s state or progress, whichever process works on it. A slow reader gets the newest state of each run, not every step. An integration that you may not see is a NOT_FOUND error.',
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
  @FieldResolver(() => OrganizationType, { description: 'The affected organization.' })
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
  schedule(@Root() integration: Integration, @Ctx() { app }: ApiContext): ScheduledRun[] {
    if (integration.status !== IntegrationStatus.CONNECTED) return [];
    return app.schedules.flatMap(({ pipeline, dueColumn }) => {
      const nextRunAt = integration[dueColumn];
      return nextRunAt ? [{ pipeline, nextRunAt }] : [];
    });
  }
}
