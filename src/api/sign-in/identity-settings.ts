import type { Role } from '../../domain/access/api-token.js';

/** The vendor's identity provider, and which claims of its tokens hold the role and the partner. */
export interface IdentitySettings {
  issuer: string;
  audience: readonly string[];
  /** Undefined: found at the issuer by OpenID Connect Discovery. */
  jwksUrl: string | undefined;
  algorithms: readonly string[];
  clockSkewSeconds: number;
  roleClaim: string;
  /** A claim with the partner's externalId. */
  partnerClaim: string;
  /** The value of the role claim for each role. */
  roleNames: Readonly<Record<`${Role}`, string>>;
}
