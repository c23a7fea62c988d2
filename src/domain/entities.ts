import { ApiToken } from './access/api-token.js';
import { AuditEntry } from './audit/audit-entry.js';
import { BackupJobResult } from './backups/backup-job-result.js';
import { Delivery } from './deliveries/delivery.js';
import { Lease } from './deliveries/lease.js';
import { Integration } from './integrations/integration.js';
import { RequestAllowance } from './integrations/request-allowance.js';
import { Mapping } from './mappings/mapping.js';
import { Notice } from './notices/notice.js';
import { NoticeDelivery } from './notices/notice-delivery.js';
import { Organization } from './partners/organization.js';
import { Partner } from './partners/partner.js';
import { PlannedChange } from './runs/planned-change.js';
import { SyncRun } from './runs/sync-run.js';
import { UsageLine } from './usage/usage-line.js';
import { UsageRecord } from './usage/usage-record.js';
import { UsageStatement } from './usage/usage-statement.js';

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
