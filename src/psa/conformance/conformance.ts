/*
 * `psa-bridge/conformance`: the suite that every plugin passes against a sandbox of its own. Needs vitest, which the
 * plugin's package installs.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { PsaPlugin } from '../adapter.js';
import type { PsaCapability } from '../capabilities.js';
import { installedPlugin } from '../installed-plugin.js';
import { describeAccount } from './account-tests.js';
import { describeBilling, describeBillingLevels } from './billing-tests.js';
import type { ConformanceStage } from './stage.js';
import { describeTickets } from './ticket-tests.js';
import { Trial } from './trial.js';

export {
  /** The environment that the service gives to `connect`. */
  type ConformanceEnvironment,
  /** Makes one for a test, with the service's own guarded HTTP client. */
  conformanceEnvironment,
} from './environment.js';
export type {
  /** What the tests of every plugin need. */
  AccountStage,
  /** What the tests of billing need. */
  BillingStage,
  /** The sandbox and logins that the suite runs against. */
  ConformanceStage,
  /** What the tests of tickets need. */
  TicketStage,
  /** What the suite makes go wrong. */
  WriteFault,
} from './stage.js';

/**
 * Declares the tests of what a plugin promises, those of its capabilities included. A new plugin starts red here and
 * is done when it is green; tests of what is special about its PSA come in addition.
 */
export function describePsaConformance<Capability extends PsaCapability>(
  plugin: PsaPlugin<Capability>,
  setTheStage: () => Promise<ConformanceStage<Capability>>,
): void {
  const trial = new Trial(installedPlugin(plugin), (credentials, environment) =>
    plugin.connect(credentials, environment),
  );
  const can = (capability: PsaCapability) => trial.plugin.capabilities.includes(capability);

  describe(`${plugin.name} keeps the promises of an adapter`, () => {
    beforeAll(async () => trial.begin((await setTheStage()) as ConformanceStage));
    afterAll(() => trial.stage.close());

    describeAccount(trial);
    if (can('TICKETS')) describeTickets(trial);
    if (can('AGREEMENT_ADDITIONS')) describeBilling(trial);
    if (can('AGREEMENT_ADDITIONS') && can('BILLING_LEVELS')) describeBillingLevels(trial);
  });
}
