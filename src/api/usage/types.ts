import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionType, pageArgs } from '../pages.js';
import { DecimalScalar, LocalDateScalar } from '../scalars/scalars.js';

@ObjectType('UsageStatement', {
  description:
    'The closed, invoice-aligned usage of one billing period. Never changes; a correction is a new revision.',
})
export class UsageStatementType {
  @Field(() => ID, { description: 'Identifies this revision.' })
  id!: string;

  @Field(() => LocalDateScalar, { description: 'First day of the period.' })
  periodStart!: string;

  @Field(() => LocalDateScalar, { description: 'Last day of the period.' })
  periodEnd!: string;

  @Field(() => LocalDateScalar, { description: 'The date of the invoice that bills it.' })
  invoiceDate!: string;

  @Field(() => Int, { description: '1, and one more for every correction.' })
  revision!: number;

  @Field(() => String, { nullable: true, description: 'Why a revision after the first was made.' })
  reason?: string | null;
}

export const UsageStatementConnection = connectionType(UsageStatementType, 'UsageStatement');

@ObjectType('UsageLine', { description: 'One organization’s quantity of one usage type in a statement.' })
export class UsageLineType {
  @Field(() => String, { description: 'What was measured.' })
  usageType!: string;

  @Field(() => DecimalScalar, { description: 'What is billed for the period.' })
  quantity!: string;

  @Field(() => String, {
    nullable: true,
    description: 'As it was mapped when the period closed. Null: it was not mapped.',
  })
  billingLevel?: string | null;
}

@ArgsType()
export class UsageStatementsArgs extends pageArgs(12) {}
