import { Injectable } from '@nestjs/common';
import { AuthConfig } from '../../platform/config/index.js';
import { Metrics } from '../../platform/observability/index.js';
import { permissionsOf, type Principal } from '../../platform/security/index.js';
import { RememberedPrincipals } from './remembered-principals.js';
import { SessionsRepository, type PrincipalRow } from './sessions.repository.js';
import { AccessTokens } from './tokens/access-tokens.js';

/** Principals of access tokens. */
@Injectable()
export class SessionPrincipals {
  private readonly remembered: RememberedPrincipals;

  constructor(
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionsRepository,
    { sessionCacheTtl }: AuthConfig,
    metrics: Metrics,
  ) {
    this.remembered = new RememberedPrincipals(sessionCacheTtl, metrics.cache('sessions'));
  }

  authenticate(token: string, allowRemembered: boolean): Promise<Principal | undefined> {
    return this.remembered.findOr(token, allowRemembered, () => this.read(token));
  }

  private async read(token: string): Promise<Principal | undefined> {
    const claims = this.tokens.verify(token);
    if (!claims) return undefined;
    const row = await this.sessions.findPrincipal(claims.sessionId);
    if (row?.user_id !== claims.userId || row.epoch !== claims.epoch) return undefined;
    const principal = toPrincipal(row, claims.sessionId);
    this.remembered.remember(token, principal, claims.expiresAt * 1000);
    return principal;
  }
}

/** @param enteredBy the session or the key */
export const toPrincipal = (row: PrincipalRow, enteredBy: string): Principal => ({
  userId: row.user_id,
  sessionId: enteredBy,
  accessVersion: row.access_version,
  serverRoles: row.server_roles,
  familyId: row.family_id,
  memberId: row.member_id,
  familyRole: row.family_role,
  permissions: permissionsOf(row.server_roles, row.family_role, row.grants, row.family_roles),
});
