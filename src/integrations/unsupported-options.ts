import { given, inputField } from '../domain/integrations/option-requirements.js';
import { everyOption, type OptionKey, type OptionsInput } from '../domain/integrations/options.js';
import type { Problem } from '../domain/problem.js';
import type { PsaPlugin } from '../psa/adapter.js';
import type { PsaCapability } from '../psa/capabilities.js';

/** The capability of the plugin that an option needs. The other options need none. */
const neededCapability: Partial<Record<OptionKey, PsaCapability>> = {
  serviceBoard: 'TICKETS',
  serviceType: 'TICKETS',
  serviceSubtype: 'TICKETS',
  prioritySuccess: 'TICKETS',
  priorityWarning: 'TICKETS',
  priorityError: 'TICKETS',
  dailyDigestEnabled: 'TICKETS',
  billingEnabled: 'AGREEMENT_ADDITIONS',
  updateAgreementAdditions: 'AGREEMENT_ADDITIONS',
  createMissingAdditions: 'AGREEMENT_ADDITIONS',
};

/**
 * NOT_SUPPORTED for each option that the caller sets and that needs a capability which the plugin lacks. Clearing such
 * an option, or switching it off, is no problem.
 */
export function unsupportedOptions(plugin: PsaPlugin, input: OptionsInput): Problem[] {
  return everyOption.flatMap(([key, option]) => {
    const capability = neededCapability[key];
    const field = inputField(key, option);
    if (!capability || plugin.capabilities.includes(capability) || !given(input, field)) return [];
    return notSupported(plugin, capability, ['options', ...field]);
  });
}

const purposes: Record<PsaCapability, string> = {
  TICKETS: 'create tickets in',
  AGREEMENT_ADDITIONS: 'write billed quantities to',
  BILLING_LEVELS: 'read billing levels from',
};

/** The problem of a request that needs a capability which the plugin lacks. */
export function notSupported(plugin: PsaPlugin, capability: PsaCapability, field: string[]): Problem {
  return {
    field,
    code: 'NOT_SUPPORTED',
    message: `This service cannot ${purposes[capability]} ${plugin.name}.`,
  };
}
