import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { Integration } from '../../domain/integrations/integration.js';
import type { Partner } from '../../domain/partners/partner.js';
import { callerOf, ForPortals, findIntegration, findPartner } from '../access.js';
import type { ApiContext } from '../context.js';
import { PartnerType } from '../partners/types.js';
import { PsaPluginType } from '../psa/types.js';
import { IntegrationOptions, presentOptions } from './options.js';
import { CredentialValue, IntegrationType } from './types.js';

@Resolver(() => IntegrationType)
export class IntegrationResolver {
  @ForPortals()
  @Query(() => IntegrationType, {
    nullable: true,
    description: 'Null where no integration that you may see has this id, or it was disconnected.',
  })
  integration(@Arg('id', () => ID) id: string, @Ctx() context: ApiContext): Promise<Integration | null> {
    return findIntegration(context, id);
  }

  @ForPortals()
  @Query(() => [IntegrationType], {
    description:
      'The connected PSAs that you may see, of one partner or of all. A partner’s own for the role PARTNER.',
    complexity: ({ childComplexity }) => 1 + 20 * childComplexity,
  })
  async integrations(
    @Arg('partnerId', () => ID, { nullable: true }) partnerId: string | null | undefined,
    @Ctx() context: ApiContext,
  ): Promise<Integration[]> {
    const scope = partnerId ?? callerOf(context).partnerId;
    if (scope && !(await findPartner(context, scope))) return [];
    return context.em.find(
      Integration,
      { disconnectedAt: null, ...(scope && { partner: scope }) },
      { orderBy: { id: 'asc' } },
    );
  }

  @FieldResolver(() => PartnerType, { description: 'The partner that it belongs to.' })
  partner(@Root() integration: Integration, @Ctx() { loaders }: ApiContext): Promise<Partner> {
    return loaders.partner.load(integration.partner.id);
  }

  @FieldResolver(() => PsaPluginType, { description: 'The kind of PSA.' })
  psa(@Root() integration: Integration, @Ctx() { app }: ApiContext) {
    const notInstalled = {
      id: integration.psa,
      name: integration.psa,
      credentialFields: [],
      capabilities: [],
    };
    return app.connections.plugins.get(integration.psa) ?? notInstalled;
  }

  @FieldResolver(() => [CredentialValue], {
    description: 'What a person entered in the form, to show it again. Secrets are null, never text.',
  })
  credentials(@Root() integration: Integration, @Ctx() { app }: ApiContext): CredentialValue[] {
    const plugin = app.connections.plugins.get(integration.psa);
    if (!plugin || !integration.credentials) return [];
    const stored = app.vault.open(integration.id, integration.credentials);
    return plugin.credentialFields.map(({ key, secret }) => ({ key, value: secret ? null : stored[key] }));
  }

  @FieldResolver(() => IntegrationOptions, { description: 'What the partner chose.' })
  options(@Root() integration: Integration): IntegrationOptions {
    return presentOptions(integration);
  }
}
