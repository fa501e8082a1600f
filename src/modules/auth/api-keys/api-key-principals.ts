import { Injectable } from '@nestjs/common';
import { AuthConfig } from '../../../platform/config/index.js';
import { Metrics } from '../../../platform/observability/index.js';
import { withinScopes, type Principal } from '../../../platform/security/index.js';
import { RememberedPrincipals } from '../remembered-principals.js';
import { toPrincipal } from '../session-principals.js';
import { hashOfApiKey } from './api-key-format.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/** Principals of API keys: their owners, with the rights that are in the key's scopes and that the owner has now. */
@Injectable()
export class ApiKeyPrincipals {
  private readonly remembered: RememberedPrincipals;

  constructor(
    private readonly keys: ApiKeysRepository,
    { sessionCacheTtl }: AuthConfig,
    metrics: Metrics,
  ) {
    this.remembered = new RememberedPrincipals(sessionCacheTtl, metrics.cache('api_keys'));
  }

  authenticate(secret: string, allowRemembered: boolean): Promise<Principal | undefined> {
    const hash = hashOfApiKey(secret);
    if (!hash) return Promise.resolve(undefined);
    const known = hash.toString('base64');
    return this.remembered.findOr(known, allowRemembered, async () => {
      const row = await this.keys.findPrincipal(hash);
      if (!row) return undefined;
      const owner = toPrincipal(row, row.key_id);
      const principal: Principal = {
        ...owner,
        apiKey: { id: row.key_id, maxRequestsPerDay: row.max_requests_per_day },
        permissions: withinScopes(owner.permissions, row.scopes),
      };
      this.remembered.remember(known, principal, row.expires_at?.getTime() ?? Infinity);
      return principal;
    });
  }
}
