import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { FamilyService } from '../family/index.js';
import { AccountsService } from '../users/index.js';
import { AuthError } from './auth.errors.js';
import { toMeResponse, toSignedInUser, type MeResponse, type SignedInUser } from './dto/me.response.js';
import { SessionPrincipals } from './session-principals.js';

/** Who is signed in. */
@Injectable()
export class MeService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly accounts: AccountsService,
    private readonly families: FamilyService,
    private readonly principals: SessionPrincipals,
  ) {}

  async me(principal: Principal): Promise<MeResponse> {
    return this.runner.run(principal, async (tx) => {
      const user = await this.accounts.find(tx, principal.userId);
      if (!user) throw new AuthError('session_not_found');
      const family = principal.familyId === null ? null : await this.families.find(tx, principal.familyId);
      return toMeResponse(user, family, principal);
    });
  }

  /** The person of a fresh access token, for the answer of a sign-in, whatever becomes of their rights meanwhile. */
  async ofToken(accessToken: string): Promise<SignedInUser> {
    const principal = await this.principals.authenticate(accessToken, false);
    if (!principal) throw new AuthError('invalid_credentials');
    const user = await this.runner.runAsIdentity((tx) => this.accounts.find(tx, principal.userId));
    if (!user) throw new AuthError('invalid_credentials');
    return toSignedInUser(user, principal);
  }
}
