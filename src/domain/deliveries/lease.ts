import type { Opt } from '@mikro-orm/core';
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** The right to work on something alone for a while, such as one integration's deliveries. */
@Entity({ tableName: 'lease', rowLevelSecurity: true })
export class Lease {
  @PrimaryKey({ type: 'text' })
  name!: string;

  /** Empty: it was given back. */
  @Property({ type: 'text' })
  owner!: string;

  /** Grows with every taking: who writes under an older one has lost the lease. */
  @Property({ type: 'bigint' })
  fence!: string & Opt;

  @Property({ type: 'timestamptz' })
  until!: Date;
}
