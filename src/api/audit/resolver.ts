import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { Role } from '../../domain/access/api-token.js';
import { AuditEntry } from '../../domain/audit/audit-entry.js';
import { Delivery } from '../../domain/deliveries/delivery.js';
import { storableText } from '../../text/storable-text.js';
import { isUuid } from '../../text/uuid.js';
import { callerOf, ForPortals } from '../access.js';
import type { ApiContext } from '../context.js';
import { DeliveryConnection, DeliveryType } from '../deliveries/types.js';
import { pageOfNewest } from '../newest-first.js';
import { type CountedPage, type Page, pageCost, pageOf } from '../pages.js';
import { causedBy } from './caused-deliveries.js';
import {
  ActorType,
  AuditChangeType,
  AuditDeliveriesArgs,
  AuditEntryConnection,
  AuditEntryType,
  AuditLogArgs,
} from './types.js';

@Resolver(() => AuditEntryType)
export class AuditResolver {
  @ForPortals()
  @Query(() => AuditEntryConnection, {
    description:
      'Who did what, newest first. The role PARTNER sees the entries that affect it, by any actor.',
    complexity: pageCost,
  })
  async auditLog(@Args() args: AuditLogArgs, @Ctx() context: ApiContext): Promise<Page<AuditEntry>> {
    const { role, partnerId: own } = callerOf(context);
    const { partnerId, integrationId, action, actorId } = args;
    if ([partnerId, integrationId].some(id => id != null && !isUuid(id))) return pageOf([], 1, () => []);
    return pageOfNewest(
      context.em,
      AuditEntry,
      {
        $and: [
          role === Role.OPERATOR ? {} : { partnerId: own },
          partnerId == null ? {} : { partnerId },
          integrationId == null ? {} : { integrationId },
          action == null ? {} : { action: storableText(action) },
          actorId == null ? {} : { actorId: storableText(actorId) },
        ],
      },
      args,
    );
  }

  @FieldResolver(() => ActorType, { description: 'Who did it.' })
  actor(@Root() entry: AuditEntry): ActorType {
    const { actorKind: kind, actorId: id, actorName: name, actorRole } = entry;
    return { kind, id, name, role: actorRole };
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'The address that the request came from. Partners see it for their own people only.',
  })
  address(@Root() entry: AuditEntry, @Ctx() context: ApiContext): string | null {
    const mayRead = callerOf(context).role === Role.OPERATOR || entry.actorRole === Role.PARTNER;
    return mayRead ? (entry.address ?? null) : null;
  }

  @FieldResolver(() => [AuditChangeType], {
    description: 'What was changed; empty for an action that changes no value.',
  })
  changes(@Root() { before, after }: AuditEntry): AuditChangeType[] {
    const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
    const asJson = (values: Record<string, unknown> | null | undefined, field: string) =>
      values?.[field] === undefined ? null : JSON.stringify(values[field]);
    return [...fields].sort().map(field => ({
      field,
      before: asJson(before, field),
      after: asJson(after, field),
    }));
  }

  @FieldResolver(() => DeliveryConnection, {
    description:
      'What followed from it in the PSA: the deliveries that it retried, approved or sent as a test, or those of the run that it started; for a setting or a mapping, the tickets and quantities that were written while it was in force.',
    complexity: pageCost,
  })
  async deliveries(
    @Root() entry: AuditEntry,
    @Args() args: AuditDeliveriesArgs,
    @Ctx() { em }: ApiContext,
  ): Promise<CountedPage<Delivery>> {
    return pageOfNewest(em, Delivery, await causedBy(em, entry), args);
  }
}

@Resolver(() => DeliveryType)
export class ReleasedDeliveryResolver {
  @FieldResolver(() => AuditEntryType, {
    nullable: true,
    description:
      'The last action that made it due manually: a test ticket, a retry, an approval. Null: it became due automatically.',
  })
  releasedBy(@Root() delivery: Delivery, @Ctx() { loaders }: ApiContext): Promise<AuditEntry> | null {
    return delivery.releasedBy ? loaders.auditEntry.load(delivery.releasedBy) : null;
  }
}
