import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** How many requests an integration may still send to its PSA at once: a bucket that refills, shared by all processes. */
@Entity({ tableName: 'request_allowance', rowLevelSecurity: true })
export class RequestAllowance {
  @PrimaryKey({ type: 'uuid' })
  integrationId!: string;

  @Property({ columnType: 'double precision', type: 'double' })
  available!: number;

  @Property({ type: 'timestamptz' })
  asOf!: Date;
}
