import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** What an integration may still ask of its PSA at once: a bucket that refills, shared by all processes. */
@Entity({ tableName: 'request_allowance', rowLevelSecurity: true })
export class RequestAllowance {
  @PrimaryKey({ type: 'uuid' })
  integrationId!: string;

  @Property({ columnType: 'double precision', type: 'double' })
  available!: number;

  @Property({ type: 'timestamptz' })
  asOf!: Date;
}
