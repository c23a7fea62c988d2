import { databaseSettings } from './groups/database.js';
import { httpSettings } from './groups/http.js';
import { identitySettings } from './groups/identity.js';
import { noticeSettings } from './groups/notices.js';
import { processSettings } from './groups/process.js';
import { psaSettings } from './groups/psa.js';
import { secretSettings } from './groups/secrets.js';
import { tracingSettings } from './groups/tracing.js';
import { usageSettings } from './groups/usage.js';
import { workerSettings } from './groups/worker.js';

/**
 * Every setting of the service. The type `Config`, the README's table and the list of secrets follow from it. To add a
 * setting, declare it in its group.
 */
export const settings = {
  process: processSettings,
  http: httpSettings,
  database: databaseSettings,
  secrets: secretSettings,
  identity: identitySettings,
  psa: psaSettings,
  usage: usageSettings,
  worker: workerSettings,
  notices: noticeSettings,
  tracing: tracingSettings,
};
