import { type Opt, type Ref } from '@mikro-orm/core';
import {
  Check,
  Entity,
  Enum,
  Index,
  ManyToOne,
  PrimaryKey,
  Property,
  Unique,
} from '@mikro-orm/decorators/legacy';
import { partnerRows } from '../access/partner-rows.js';
import { Partner } from '../partners/partner.js';
import { OptionColumns } from './option-columns.js';

export enum IntegrationStatus {
  CONNECTED = 'CONNECTED',
  /** A person paused it; deliveries wait. */
  PAUSED = 'PAUSED',
  /** The PSA refuses the login or a right is missing; deliveries wait, nothing is lost. */
  NEEDS_ATTENTION = 'NEEDS_ATTENTION',
}

/** The last access check, as the partner saw it. */
export interface StoredAccessReport {
  ok: boolean;
  /** RFC 3339. */
  checkedAt: string;
  checks: {
    id: string;
    title: string;
    required: boolean;
    state: 'PASSED' | 'FAILED' | 'SKIPPED';
    message?: string;
    hint?: string;
  }[];
}

/**
 * One partner connected to one account of a PSA. A disconnected one keeps its row, without credentials: connecting the
 * same account again uses it again, and with it the knowledge of what was delivered.
 */
@Entity({ tableName: 'integration', policies: [partnerRows('partner_id = asking_partner()')] })
@Unique({ properties: ['partner', 'psa', 'account'] })
@Index({
  name: 'integration_one_connected_per_psa',
  expression:
    'create unique index "integration_one_connected_per_psa" on "integration" ("partner_id", "psa") where "disconnected_at" is null',
})
@Check({
  name: 'integration_credentials',
  expression: '(credentials is null) = (disconnected_at is not null)',
})
@Check({
  name: 'integration_digest_time',
  expression: "daily_digest_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'",
})
export class Integration extends OptionColumns {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @ManyToOne(() => Partner, { ref: true })
  partner!: Ref<Partner>;

  /** The plugin's id. */
  @Property({ type: 'text' })
  psa!: string;

  /** The plugin's name for the account that the credentials open. */
  @Property({ type: 'text' })
  account!: string;

  /** Sealed; see integrations/credential-vault.ts. Null once disconnected. */
  @Property({ type: 'text', nullable: true, hidden: true })
  credentials?: string | null;

  @Enum({ items: () => IntegrationStatus })
  status: IntegrationStatus & Opt = IntegrationStatus.CONNECTED;

  /** What to do about the status, for a person. */
  @Property({ type: 'text', nullable: true })
  statusReason?: string | null;

  @Property({ type: 'jsonb', nullable: true })
  lastCheck?: StoredAccessReport | null;

  /** When the next digest run is due; null while the digest is off. The tick's own column: see schedule.ts. */
  @Property({ type: 'timestamptz', nullable: true })
  @Index()
  nextDigestAt?: Date | null;

  /** When the next usage run is due; null while billing is off. */
  @Property({ type: 'timestamptz', nullable: true })
  @Index()
  nextUsageAt?: Date | null;

  /** When a NEEDS_ATTENTION integration is probed next, automatically. */
  @Property({ type: 'timestamptz', nullable: true })
  nextProbeAt?: Date | null;

  @Property({ type: 'integer', default: 0 })
  probes!: number & Opt;

  /** The PSA asked to slow down, or does not answer: nothing is tried before this. */
  @Property({ type: 'timestamptz', nullable: true })
  restingUntil?: Date | null;

  /**
   * Grows when a worker begins to write quantities, and with each usage plan: what was read from the PSA at one version
   * still holds while the version is the same. See pipelines/usage/usage-version.sql.ts.
   */
  @Property({ type: 'bigint', defaultRaw: '0' })
  usageVersion!: string & Opt;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  createdAt!: Date & Opt;

  @Property({ type: 'timestamptz', nullable: true })
  disconnectedAt?: Date | null;
}
