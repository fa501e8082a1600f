import { Injectable } from '@nestjs/common';
import { ATTEMPTS, repeat, StaleViewerError, TransactionRunner } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { FamilyService } from '../family/index.js';
import { AccountsService, type User } from '../users/index.js';
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

  /**
   * The person of a fresh access token, for the answer of a sign-in. Rights that change meanwhile are read again here: the
   * request has made a session, and is not to be repeated as a whole.
   */
  ofToken(accessToken: string): Promise<SignedInUser> {
    return repeat(
      () => this.read(accessToken),
      (error) => (error instanceof StaleViewerError ? ATTEMPTS : 1),
    );
  }

  private async read(accessToken: string): Promise<SignedInUser> {
    const principal = await this.principals.authenticate(accessToken, false);
    if (!principal) throw new AuthError('invalid_credentials');
    const user = await this.runner.run(principal, (tx): Promise<User | null> =>
      this.accounts.find(tx, principal.userId),
    );
    if (!user) throw new AuthError('invalid_credentials');
    return toSignedInUser(user, principal);
  }
}
