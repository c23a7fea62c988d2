import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import type { Integration } from '../../domain/integrations/integration.js';
import type { OptionsInput } from '../../domain/integrations/options.js';
import type { Problem } from '../../domain/problem.js';
import { failedChecks, readCredentials, tryCredentials } from '../../integrations/check-credentials.js';
import { checkIntegration } from '../../integrations/check-integration.js';
import { type ConnectRequest, connectIntegration } from '../../integrations/connect-integration.js';
import { disconnectIntegration } from '../../integrations/disconnect-integration.js';
import { pauseIntegration } from '../../integrations/pause-integration.js';
import { resumeIntegration } from '../../integrations/resume-integration.js';
import { updateOptions } from '../../integrations/update-options.js';
import { ForPortals, findIntegration, findPartner } from '../access.js';
import type { ApiContext } from '../context.js';
import { notFound, type UserError, userError } from '../user-error.js';
import { ConnectIntegrationInput } from './inputs.js';
import { IntegrationOptionsInput } from './options.js';
import {
  ConnectIntegrationPayload,
  DisconnectIntegrationPayload,
  IntegrationPayload,
  TestConnectionPayload,
} from './types.js';

const connectCodes =
  'userErrors: `NOT_FOUND` (`partnerId`: no partner that you may see; `psa`: no such plugin), `INVALID`, `UNKNOWN_FIELD`, `DUPLICATE` (`["credentials", key]`: found invalid without asking the PSA), `CHECK_FAILED` (`["credentials"]`: one for each required check that failed, with what to do; `report` has them all)';

@Resolver()
export class IntegrationMutations {
  @ForPortals()
  @Mutation(() => TestConnectionPayload, {
    description: `The form’s "Test": checks the login and every right that the integration needs, and stores nothing. ${connectCodes}.`,
    complexity: 50,
  })
  async testConnection(
    @Arg('input', () => ConnectIntegrationInput) input: ConnectIntegrationInput,
    @Ctx() context: ApiContext,
  ): Promise<TestConnectionPayload> {
    const form = await readForm(context, input);
    if ('problems' in form) return { report: null, userErrors: form.problems };
    const { connections, now } = context.app;
    const needs = { billing: false };
    const report = await tryCredentials(connections, form.plugin, form.credentials, needs, now());
    return { report, userErrors: failedChecks(report, ['credentials']) };
  }

  @ForPortals()
  @Mutation(() => ConnectIntegrationPayload, {
    description: `The form’s "Test and Save": checks the login and every right, and stores the credentials only if every required check passes. For the same account again it updates the integration’s credentials, and resumes one that needs attention; a disconnected account comes back with its history. ${connectCodes}, \`ANOTHER_ACCOUNT\` (\`["credentials"]\`: the partner is connected to another account of this PSA; disconnect it first).`,
    complexity: 50,
  })
  async connectIntegration(
    @Arg('input', () => ConnectIntegrationInput) input: ConnectIntegrationInput,
    @Ctx() context: ApiContext,
  ): Promise<ConnectIntegrationPayload> {
    const form = await readForm(context, input);
    if ('problems' in form) return { integration: null, report: null, userErrors: form.problems };
    const connected = await connectIntegration(context.em, dependenciesOf(context), form);
    const { integration, report } = connected;
    return { integration, report, userErrors: 'problems' in connected ? connected.problems : [] };
  }

  @ForPortals()
  @Mutation(() => TestConnectionPayload, {
    description:
      'Checks the rights of a connected integration with its stored credentials, and keeps the report as `lastCheck`. One that needs attention is connected again if every required check passes. userErrors: `NOT_FOUND`, `CHECK_FAILED` (one for each required check that failed).',
    complexity: 50,
  })
  async checkIntegration(
    @Arg('id', () => ID) id: string,
    @Ctx() context: ApiContext,
  ): Promise<TestConnectionPayload> {
    const integration = await findIntegration(context, id);
    if (!integration) return { report: null, userErrors: [notFound('id', 'integration')] };
    const report = await checkIntegration(context.em, dependenciesOf(context), integration);
    return { report, userErrors: failedChecks(report, ['id']) };
  }

  @ForPortals()
  @Mutation(() => IntegrationPayload, {
    description:
      'Changes the options that are given; the rest stays. All or nothing. userErrors: `NOT_FOUND` (`integrationId`, `serviceBoardId`, a priority: the PSA has none with this id), `NOT_ON_BOARD` (the type is not one of the board), `NOT_OF_TYPE` (the subtype is not one of the type), `NO_SERVICE_TYPE` (a subtype without a type), `NO_SERVICE_BOARD` (a type, a priority or the digest without a board, or clearing the board while these are set), `INVALID` (an invalid time or e-mail address, or null where a value is required), `NOT_SUPPORTED` (the option needs a capability that the plugin lacks), `CHANGED_MEANWHILE` (another person changed board, type or subtype at the same moment), `CHECK_FAILED` (`billingEnabled`: a right that billing needs is missing). Fields begin with `options`.',
    complexity: 50,
  })
  async updateIntegrationOptions(
    @Arg('integrationId', () => ID) integrationId: string,
    @Arg('options', () => IntegrationOptionsInput) options: OptionsInput,
    @Ctx() context: ApiContext,
  ): Promise<IntegrationPayload> {
    return changing(context, 'integrationId', integrationId, integration =>
      updateOptions(context.em, dependenciesOf(context), integration, options),
    );
  }

  @ForPortals()
  @Mutation(() => IntegrationPayload, {
    description:
      'Stops deliveries and scheduled runs until `resumeIntegration`; pending deliveries wait. userErrors: `NOT_FOUND`.',
  })
  async pauseIntegration(
    @Arg('id', () => ID) id: string,
    @Ctx() context: ApiContext,
  ): Promise<IntegrationPayload> {
    return changing(context, 'id', id, found => pauseIntegration(context.em, found.id));
  }

  @ForPortals()
  @Mutation(() => IntegrationPayload, {
    description:
      'Resumes an integration that is paused, rests or needs attention at once: pending deliveries are sent. userErrors: `NOT_FOUND`.',
  })
  async resumeIntegration(
    @Arg('id', () => ID) id: string,
    @Ctx() context: ApiContext,
  ): Promise<IntegrationPayload> {
    const { now, schedules, wakeUp } = context.app;
    return changing(context, 'id', id, found =>
      resumeIntegration(context.em, found.id, { now: now(), schedules, wakeUp }),
    );
  }

  @ForPortals()
  @Mutation(() => DisconnectIntegrationPayload, {
    description:
      'Ends an integration: its credentials are erased at once, and pending deliveries are skipped. Its mappings and history stay, in case the same account is connected again. userErrors: `NOT_FOUND`.',
  })
  async disconnectIntegration(
    @Arg('id', () => ID) id: string,
    @Ctx() context: ApiContext,
  ): Promise<DisconnectIntegrationPayload> {
    const { now, schedules, wakeUp } = context.app;
    const integration = await findIntegration(context, id);
    const disconnected =
      integration &&
      (await disconnectIntegration(context.em, integration.id, { now: now(), schedules, wakeUp }));
    return disconnected
      ? { disconnectedId: integration.id, userErrors: [] }
      : { disconnectedId: null, userErrors: [notFound('id', 'integration')] };
  }
}

/** What changes of an integration need. */
function dependenciesOf({ app, lookups }: ApiContext) {
  const { connections, vault, wakeUp, now, schedules } = app;
  return { connections, vault, lookups, wakeUp, now, schedules };
}

/**
 * Runs `change` on the integration with this id, if the caller may see it. Null from `change` means that another caller
 * disconnected it at the same moment.
 */
async function changing(
  context: ApiContext,
  field: string,
  id: string,
  change: (integration: Integration) => Promise<Integration | null | { problems: Problem[] }>,
): Promise<IntegrationPayload> {
  const found = await findIntegration(context, id);
  const changed = found && (await change(found));
  if (!changed) return { integration: null, userErrors: [notFound(field, 'integration')] };
  return 'problems' in changed
    ? { integration: null, userErrors: changed.problems }
    : { integration: changed, userErrors: [] };
}

async function readForm(
  context: ApiContext,
  input: ConnectIntegrationInput,
): Promise<ConnectRequest | { problems: UserError[] }> {
  const partner = await findPartner(context, input.partnerId);
  const plugin = context.app.connections.plugins.get(input.psa);
  const problems: UserError[] = [];
  if (!partner) problems.push(notFound('partnerId', 'partner'));
  if (!plugin) {
    const known = [...context.app.connections.plugins.keys()].join(', ');
    problems.push(userError(['psa'], 'NOT_FOUND', `There is no such PSA plugin. Known: ${known}.`));
  }
  if (!partner || !plugin) return { problems };
  const read = readCredentials(plugin, input.credentials);
  return 'problems' in read ? read : { partner, plugin, credentials: read.credentials };
}
