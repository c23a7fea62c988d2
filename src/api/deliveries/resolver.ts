import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';
import { createTestTicket } from '../../delivery/create-test-ticket.js';
import { retryDeliveries } from '../../delivery/retry-deliveries.sql.js';
import { Delivery, DeliveryState } from '../../domain/deliveries/delivery.js';
import { Integration } from '../../domain/integrations/integration.js';
import type { Organization } from '../../domain/partners/organization.js';
import { notSupported } from '../../integrations/unsupported-options.js';
import { isUuid } from '../../text/uuid.js';
import { ForPortals, findIntegration } from '../access.js';
import type { ApiContext } from '../context.js';
import { IntegrationType } from '../integrations/types.js';
import { atMostRows } from '../limits.js';
import { pageOfNewest } from '../newest-first.js';
import { type CountedPage, pageCost } from '../pages.js';
import { OrganizationType } from '../partners/types.js';
import { notFound, userError } from '../user-error.js';
import { awaitOutcome } from './await-outcome.js';
import {
  DeliveriesArgs,
  DeliveryConnection,
  DeliveryType,
  RetryDeliveriesPayload,
  SendTestTicketPayload,
} from './types.js';

const testTicketWaitMs = 15_000;
const missingId = '00000000-0000-0000-0000-000000000000';

@Resolver(() => DeliveryType)
export class DeliveryResolver {
  @FieldResolver(() => OrganizationType, { nullable: true, description: 'Null for a test ticket.' })
  organization(@Root() delivery: Delivery, @Ctx() { loaders }: ApiContext): Promise<Organization> | null {
    return delivery.organization ? loaders.organization.load(delivery.organization.id) : null;
  }

  @ForPortals()
  @Mutation(() => SendTestTicketPayload, {
    description:
      'Creates a test ticket where tickets of this integration arrive; the ticket says that it is a test. Waits up to 15 seconds for its outcome. userErrors: `NOT_FOUND` (`integrationId`; `companyId`: no active company in the PSA), `NO_SERVICE_BOARD` (no board is chosen yet), `NOT_SUPPORTED` (the plugin has no capability TICKETS).',
    complexity: 50,
  })
  async sendTestTicket(
    @Arg('integrationId', () => ID) integrationId: string,
    @Arg('companyId', () => ID, { description: 'One of `companies`.' }) companyId: string,
    @Ctx() context: ApiContext,
  ): Promise<SendTestTicketPayload> {
    const integration = await findIntegration(context, integrationId);
    if (!integration) return { delivery: null, userErrors: [notFound('integrationId', 'integration')] };
    const plugin = context.app.connections.plugins.get(integration.psa);
    if (plugin && !plugin.capabilities.includes('TICKETS')) {
      return { delivery: null, userErrors: [notSupported(plugin, 'TICKETS', ['integrationId'])] };
    }
    if (!integration.serviceBoard) {
      const message = 'Choose a service board in the options first.';
      return { delivery: null, userErrors: [userError(['integrationId'], 'NO_SERVICE_BOARD', message)] };
    }
    const [company] = await context.lookups.existingCompanies(integration, [companyId]);
    if (!company) {
      const message = 'The PSA has no active company with this id.';
      return { delivery: null, userErrors: [userError(['companyId'], 'NOT_FOUND', message)] };
    }
    const { orm, now, wakeUp } = context.app;
    const { id } = await createTestTicket(context.em, { integration, company, now: now(), wakeUp });
    return { delivery: await awaitOutcome(orm, id, testTicketWaitMs), userErrors: [] };
  }

  @ForPortals()
  @Mutation(() => RetryDeliveriesPayload, {
    description:
      'Makes deliveries due now: failed and skipped ones are tried again, held ones are approved. Delivered ones are never repeated; ids of other integrations are ignored. userErrors: `NOT_FOUND` (`integrationId`; `ids`: not a valid id).',
  })
  async retryDeliveries(
    @Arg('integrationId', () => ID) integrationId: string,
    @Arg('ids', () => [ID], { nullable: true, description: 'Which; left out: all in `state`.' })
    ids: string[] | null | undefined,
    @Arg('state', () => DeliveryState, {
      nullable: true,
      description: 'Only those in this state. Left out, and no ids either: FAILED.',
    })
    state: DeliveryState | null | undefined,
    @Ctx() context: ApiContext,
  ): Promise<RetryDeliveriesPayload> {
    atMostRows('ids', ids ?? []);
    const integration = await findIntegration(context, integrationId);
    if (!integration) return { retried: 0, userErrors: [notFound('integrationId', 'integration')] };
    const wrong = ids?.findIndex(id => !isUuid(id)) ?? -1;
    if (wrong >= 0) {
      const message = 'There is no delivery with this id.';
      return { retried: 0, userErrors: [userError(['ids', String(wrong)], 'NOT_FOUND', message)] };
    }
    const { now, wakeUp } = context.app;
    const retried = await retryDeliveries(context.em, {
      integrationId: integration.id,
      ids: ids ?? undefined,
      state: state ?? undefined,
      now: now(),
      wakeUp,
    });
    return { retried, userErrors: [] };
  }
}

@Resolver(() => IntegrationType)
export class IntegrationDeliveriesResolver {
  @FieldResolver(() => DeliveryConnection, {
    description: 'What is to be written to the PSA, and what was, newest first.',
    complexity: pageCost,
  })
  async deliveries(
    @Root() integration: Integration,
    @Args() args: DeliveriesArgs,
    @Ctx() { em }: ApiContext,
  ): Promise<CountedPage<Delivery>> {
    const { state, kind, organizationId } = args;
    const wanted = {
      integration: integration.id,
      ...(state && { state }),
      ...(kind && { kind }),
      ...(organizationId && { organization: isUuid(organizationId) ? organizationId : missingId }),
    };
    return pageOfNewest(em, Delivery, wanted, args);
  }
}
