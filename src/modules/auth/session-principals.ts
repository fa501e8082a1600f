import { Injectable } from '@nestjs/common';
import { AuthConfig } from '../../platform/config/index.js';
import { Metrics } from '../../platform/observability/index.js';
import { permissionsOf, PrincipalSource, type Principal } from '../../platform/security/index.js';
import { SessionsRepository } from './sessions.repository.js';
import { AccessTokens, type AccessClaims } from './tokens/access-tokens.js';

interface Remembered {
  readonly claims: AccessClaims;
  readonly principal: Principal;
  /** Milliseconds since 1970. */
  readonly until: number;
}

const CAPACITY = 10_000;

/** Principals of access tokens, remembered for some seconds for the hot reads that verify them again in the database. */
@Injectable()
export class SessionPrincipals extends PrincipalSource {
  private readonly remembered = new Map<string, Remembered>();
  private readonly counters: ReturnType<Metrics['cache']>;
  private readonly ttl: number;

  constructor(
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionsRepository,
    config: AuthConfig,
    metrics: Metrics,
  ) {
    super();
    this.ttl = config.sessionCacheTtl * 1000;
    this.counters = metrics.cache('sessions');
  }

  async authenticate(token: string, allowRemembered: boolean): Promise<Principal | undefined> {
    const now = Date.now();
    const known = allowRemembered ? this.remembered.get(token) : undefined;
    if (known && known.until > now) {
      this.counters.hit();
      return known.principal;
    }
    this.counters.miss();
    return this.read(token, now);
  }

  private async read(token: string, now: number): Promise<Principal | undefined> {
    this.remembered.delete(token);
    const claims = this.tokens.verify(token);
    if (!claims) return undefined;
    const row = await this.sessions.findPrincipal(claims.sessionId);
    if (row?.user_id !== claims.userId || row.epoch !== claims.epoch) return undefined;
    const principal: Principal = {
      userId: row.user_id,
      sessionId: claims.sessionId,
      accessVersion: row.access_version,
      serverRoles: row.server_roles,
      familyId: row.family_id,
      memberId: row.member_id,
      familyRole: row.family_role,
      permissions: permissionsOf(row.server_roles, row.family_role),
    };
    this.remember(token, { claims, principal, until: Math.min(now + this.ttl, claims.expiresAt * 1000) });
    return principal;
  }

  private remember(token: string, entry: Remembered): void {
    if (this.ttl === 0) return;
    if (this.remembered.size >= CAPACITY) {
      const oldest = this.remembered.keys().next();
      if (!oldest.done) this.remembered.delete(oldest.value);
    }
    this.remembered.set(token, entry);
  }
}
