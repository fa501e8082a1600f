import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../../platform/audit/index.js';
import { TransactionRunner } from '../../../platform/database/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { AccountsService } from '../../users/index.js';
import { CredentialsRepository } from '../credentials.repository.js';
import { AccountMailService } from '../mail/account-mail.service.js';
import { ReauthenticationService } from '../reauthentication.service.js';
import { SessionsRepository } from '../sessions.repository.js';
import { toIdentitiesResponse, type IdentitiesResponse } from './dto/identity.response.js';
import { changed } from './identity-events.js';
import { IdentitiesRepository } from './identities.repository.js';
import { losesLastWayIn } from './identities.policy.js';
import { ProviderCatalog } from './provider-catalog.js';
import { ProviderError } from './providers.errors.js';

/** The accounts elsewhere that sign in to one's own. */
@Injectable()
export class IdentitiesService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly identities: IdentitiesRepository,
    private readonly accounts: AccountsService,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionsRepository,
    private readonly reauthentication: ReauthenticationService,
    private readonly trail: AuditTrail,
    private readonly catalog: ProviderCatalog,
    private readonly mails: AccountMailService,
  ) {}

  async list(principal: Principal): Promise<IdentitiesResponse> {
    return this.runner.run(principal, async (tx) =>
      toIdentitiesResponse(await this.identities.ofUser(tx, principal.userId)),
    );
  }

  /**
   * Unlinks one; all other sessions end, because one of them may be by it.
   * @throws AuthError `fresh_sign_in_required`; ProviderError `identity_not_found`, `last_way_in`
   */
  async remove(principal: Principal, id: string): Promise<void> {
    await this.reauthentication.requireFreshSignIn(principal);
    const { userId, sessionId } = principal;
    await this.runner.runAsIdentity(async (tx) => {
      // Of the last two only one can be taken away, also at the same moment.
      await this.accounts.lockWaysIn(tx, userId);
      await this.sessions.requireLive(tx, sessionId);
      const all = await this.identities.ofUser(tx, userId);
      const identity = all.find((each) => each.id === id);
      if (!identity) throw new ProviderError('identity_not_found');
      const hasPassword = (await this.credentials.findHash(tx, userId)) !== undefined;
      const others = all.filter((each) => each.id !== id && this.catalog.has(each));
      if (losesLastWayIn({ hasPassword, otherIdentities: others.length })) throw new ProviderError('last_way_in');
      await this.identities.delete(tx, id);
      await this.sessions.revokeAll(tx, userId, 'revoked', sessionId);
      await this.trail.record(tx, changed('identity.unlink', identity));
      await this.mails.tell(tx, 'identities_changed', userId);
    });
  }
}
