import { z } from 'zod';
import { isHttpsOrLoopback } from '../../text/https-or-loopback.js';
import { listOf, text, wholeNumber } from '../parsers.js';
import { setting, type ValuesOf } from '../setting.js';

/** Public-key algorithms only: a shared secret that verifies tokens can also create them. */
const signatures = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

const providerUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL' })
  .refine(isHttpsOrLoopback, 'must be reached by https');

export const identitySettings = {
  issuer: setting({
    name: 'JWT_ISSUER',
    parser: providerUrl,
    description:
      "the vendor's identity provider, an https URL; see [Authentication](docs/operating.md#authentication). Unset: API tokens only",
  }),
  audience: setting({
    name: 'JWT_AUDIENCE',
    parser: listOf(text),
    default: '',
    description: 'the audiences of the tokens that are accepted, comma separated',
  }),
  jwksUrl: setting({
    name: 'JWT_JWKS_URL',
    parser: providerUrl,
    shownDefault: 'found by OpenID Connect Discovery',
    description: "the https URL of the provider's signing keys",
  }),
  algorithms: setting({
    name: 'JWT_ALGORITHMS',
    parser: listOf(z.enum(signatures, `must be one of ${signatures.join(', ')}`)),
    default: signatures.join(','),
    shownDefault: 'all of them',
    description: `accepted signature algorithms, comma separated, from ${signatures.join(', ')}. Shared secrets are never accepted`,
  }),
  clockSkewSeconds: setting({
    name: 'JWT_CLOCK_SKEW_SECONDS',
    parser: wholeNumber(0, 300),
    default: '30',
    description: 'how many seconds the clocks may differ',
  }),
  roleClaim: setting({
    name: 'JWT_ROLE_CLAIM',
    parser: text,
    default: 'psa_bridge_role',
    description:
      'the claim with the role: a text, or a list of which exactly one entry is a role. A path such as `realm_access.roles` works too',
  }),
  partnerClaim: setting({
    name: 'JWT_PARTNER_CLAIM',
    parser: text,
    default: 'psa_bridge_partner',
    description:
      "the claim with the partner's `externalId`, required for the role `PARTNER`; a token that names a partner and has another role is rejected",
  }),
  roleNames: {
    OPERATOR: setting({
      name: 'JWT_ROLE_OPERATOR',
      parser: text,
      default: 'OPERATOR',
      description: 'the value of the role claim for the role `OPERATOR`',
    }),
    PARTNER: setting({
      name: 'JWT_ROLE_PARTNER',
      parser: text,
      default: 'PARTNER',
      description: 'the value of the role claim for the role `PARTNER`',
    }),
    SOURCE: setting({
      name: 'JWT_ROLE_SOURCE',
      parser: text,
      default: 'SOURCE',
      description: 'the value of the role claim for the role `SOURCE`',
    }),
  },
};

type IdentityValues = ValuesOf<typeof identitySettings>;

/** The settings of the identity provider; undefined without JWT_ISSUER. */
export function identityProvider(values: IdentityValues): (IdentityValues & { issuer: string }) | undefined {
  const { issuer } = values;
  return issuer === undefined ? undefined : { ...values, issuer };
}

export function identityProblems({ identity }: { identity: IdentityValues }): string[] {
  const { issuer, audience, jwksUrl, roleNames } = identity;
  const names = Object.values(roleNames);
  return [
    ...(issuer && audience.length === 0
      ? ['JWT_AUDIENCE: must be set when JWT_ISSUER is, or tokens for other services would be accepted']
      : []),
    ...((audience.length > 0 || jwksUrl) && !issuer
      ? ['JWT_ISSUER: must be set when JWT_AUDIENCE or JWT_JWKS_URL is']
      : []),
    ...(new Set(names).size < names.length
      ? ['JWT_ROLE_OPERATOR, JWT_ROLE_PARTNER, JWT_ROLE_SOURCE: must differ from each other']
      : []),
  ];
}
