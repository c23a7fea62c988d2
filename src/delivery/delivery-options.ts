import type { EntityManager } from '@mikro-orm/postgresql';
import type { BackupStatus } from '../domain/backups/backup-job-result.js';
import type { CatchUp, ChosenRecord } from '../domain/integrations/options.js';
import { rowsOf } from '../domain/tables.js';

/** What the partner chose that decides about deliveries and how tickets look. */
export interface DeliveryOptions {
  /** The partner's, IANA. */
  timeZone: string;
  serviceBoard: ChosenRecord | null;
  serviceType: ChosenRecord | null;
  serviceSubtype: ChosenRecord | null;
  /** Null: no ticket for results of that status. */
  priorities: Readonly<Record<`${BackupStatus}`, ChosenRecord | null>>;
  catchUp: `${CatchUp}`;
  dailyDigestEnabled: boolean;
  billingEnabled: boolean;
  updateAgreementAdditions: boolean;
  createMissingAdditions: boolean;
}

/** The options as they are now. */
export async function readDeliveryOptions(
  em: EntityManager,
  integrationId: string,
): Promise<DeliveryOptions> {
  const [row] = await rowsOf(em, tables =>
    tables
      .selectFrom('integration')
      .innerJoin('partner', 'partner.id', 'integration.partner_id')
      .where('integration.id', '=', integrationId)
      .select([
        'time_zone as timeZone',
        'service_board as serviceBoard',
        'service_type as serviceType',
        'service_subtype as serviceSubtype',
        'priority_success as prioritySuccess',
        'priority_warning as priorityWarning',
        'priority_error as priorityError',
        'catch_up as catchUp',
        'daily_digest_enabled as dailyDigestEnabled',
        'billing_enabled as billingEnabled',
        'update_agreement_additions as updateAgreementAdditions',
        'create_missing_additions as createMissingAdditions',
      ]),
  );
  if (!row) throw new Error(`there is no integration ${integrationId}`);
  const { prioritySuccess, priorityWarning, priorityError, ...options } = row;
  return {
    ...options,
    priorities: { SUCCESS: prioritySuccess, WARNING: priorityWarning, ERROR: priorityError },
  };
}
