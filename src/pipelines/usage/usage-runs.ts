/**
 * SQL: the runs whose deliveries are the integration's quantities. `integrationId` is a parameter such as "$1". They
 * lead to few rows, where an integration may have a million tickets.
 */
export function usageRuns(integrationId: string): string {
  return `select id from sync_run where integration_id = ${integrationId} and pipeline = 'USAGE' and not dry_run`;
}
