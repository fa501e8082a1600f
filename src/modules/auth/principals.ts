import { Injectable } from '@nestjs/common';
import { PrincipalSource, type Principal } from '../../platform/security/index.js';
import { ApiKeyPrincipals } from './api-keys/api-key-principals.js';
import { SessionPrincipals } from './session-principals.js';

/** Who asks, by each credential there is. */
@Injectable()
export class Principals extends PrincipalSource {
  constructor(
    private readonly sessions: SessionPrincipals,
    private readonly keys: ApiKeyPrincipals,
  ) {
    super();
  }

  authenticate(token: string, allowRemembered: boolean): Promise<Principal | undefined> {
    return this.sessions.authenticate(token, allowRemembered);
  }

  authenticateKey(secret: string, allowRemembered: boolean): Promise<Principal | undefined> {
    return this.keys.authenticate(secret, allowRemembered);
  }
}
