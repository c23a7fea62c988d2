import { ArgsType, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { type Delivery, DeliveryKind, DeliveryState } from '../../domain/deliveries/delivery.js';
import { countedConnectionType, pageArgs } from '../pages.js';
import { DateTimeScalar, DecimalScalar } from '../scalars/scalars.js';
import { UserError, userErrorsDescription } from '../user-error.js';

registerEnumType(DeliveryKind, {
  name: 'DeliveryKind',
  description: 'What a delivery writes.',
  valuesConfig: {
    EVENT: { description: 'A ticket for one job result.' },
    DIGEST: { description: 'A ticket that sums up an organization’s day.' },
    USAGE: { description: 'A quantity on an agreement.' },
    TEST: { description: 'A ticket by `sendTestTicket`.' },
  },
});
registerEnumType(DeliveryState, {
  name: 'DeliveryState',
  description: 'The status of a delivery.',
  valuesConfig: {
    PENDING: { description: 'It is sent at `nextAttemptAt`, or when its integration works again.' },
    HELD: { description: 'It waits for a person’s approval; `retryDeliveries` approves it.' },
    DELIVERED: { description: 'The PSA has it.' },
    SKIPPED: { description: 'It is not wanted; `lastError` says why.' },
    FAILED: { description: 'The PSA rejects it; fix what `lastError` names, then call `retryDeliveries`.' },
  },
});

@ObjectType('Delivery', {
  description: 'One thing to be written to the PSA: a ticket, a digest, a quantity.',
})
export class DeliveryType {
  @Field(() => ID, { description: 'Also the end of the reference that its ticket carries in the PSA.' })
  id!: string;

  @Field(() => DeliveryKind, { description: 'What it is.' })
  kind!: DeliveryKind;

  @Field(() => DeliveryState, { description: 'Its status.' })
  state!: DeliveryState;

  @Field(() => String, { description: 'What it is about, in one line.' })
  summary!: string;

  @Field(() => ID, { nullable: true, description: 'The ticket or addition in the PSA.' })
  psaRecordId?: string | null;

  @Field(() => String, { nullable: true, description: 'Where a person opens it in the PSA.' })
  psaRecordUrl?: string | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'USAGE: the quantity that the PSA had before.',
  })
  quantityBefore?: string | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'USAGE: the quantity that the PSA said it has since.',
  })
  quantityAfter?: string | null;

  @Field(() => Int, { description: 'How often it was tried.' })
  attempts!: number;

  @Field(() => String, {
    nullable: true,
    description: 'The reason for its status and what to do, for a person.',
  })
  lastError?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same for programs: `UNMAPPED`, `NO_PRIORITY`, `REJECTED`…',
  })
  reasonCode?: string | null;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it is tried next; null unless it is PENDING.',
  })
  nextAttemptAt?: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the PSA took it; null unless it is DELIVERED.',
  })
  deliveredAt?: Date | null;
}

export const DeliveryConnection = countedConnectionType(DeliveryType, 'Delivery');

@ArgsType()
export class DeliveriesArgs extends pageArgs(50) {
  @Field(() => DeliveryState, { nullable: true, description: 'Only those in this state.' })
  state?: DeliveryState | null;

  @Field(() => DeliveryKind, { nullable: true, description: 'Only those of this kind.' })
  kind?: DeliveryKind | null;

  @Field(() => ID, { nullable: true, description: 'Only those for this organization.' })
  organizationId?: string | null;
}

@ObjectType()
export class SendTestTicketPayload {
  @Field(() => DeliveryType, {
    nullable: true,
    description: 'Its status after up to 15 seconds: DELIVERED, or what happened instead.',
  })
  delivery?: Delivery | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}

@ObjectType()
export class RetryDeliveriesPayload {
  @Field(() => Int, { description: 'How many this call made due.' })
  retried!: number;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}
