import { ApiToken } from '../domain/access/api-token.js';
import { AuditEntry } from '../domain/audit/audit-entry.js';
import { BackupJobResult } from '../domain/backups/backup-job-result.js';
import { Delivery } from '../domain/deliveries/delivery.js';
import { Lease } from '../domain/deliveries/lease.js';
import { PlannedChange } from '../domain/deliveries/planned-change.js';
import { SyncRun } from '../domain/deliveries/sync-run.js';
import { Integration } from '../domain/integrations/integration.js';
import { RequestAllowance } from '../domain/integrations/request-allowance.js';
import { Mapping } from '../domain/mappings/mapping.js';
import { Notice } from '../domain/notices/notice.js';
import { NoticeDelivery } from '../domain/notices/notice-delivery.js';
import { Organization } from '../domain/partners/organization.js';
import { Partner } from '../domain/partners/partner.js';
import { UsageLine } from '../domain/usage/usage-line.js';
import { UsageRecord } from '../domain/usage/usage-record.js';
import { UsageStatement } from '../domain/usage/usage-statement.js';

/** Every table that MikroORM knows. */
export const entities = [
  ApiToken,
  AuditEntry,
  BackupJobResult,
  Delivery,
  Integration,
  Lease,
  Mapping,
  Notice,
  NoticeDelivery,
  Organization,
  Partner,
  PlannedChange,
  RequestAllowance,
  SyncRun,
  UsageLine,
  UsageRecord,
  UsageStatement,
];
