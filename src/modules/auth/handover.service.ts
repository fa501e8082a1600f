import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../platform/audit/index.js';
import type { Transaction } from '../../platform/database/index.js';
import { OffersService } from '../family/index.js';
import { AccountsService, type User } from '../users/index.js';
import { ApiKeysRepository } from './api-keys/api-keys.repository.js';
import { CredentialsRepository } from './credentials.repository.js';
import { DevicesRepository } from './devices/devices.repository.js';
import { AccountMailService } from './mail/account-mail.service.js';
import { IdentitiesRepository } from './providers/identities.repository.js';
import { changed } from './providers/identity-events.js';
import type { RevocationReason } from './session.entity.js';
import { SessionsRepository } from './sessions.repository.js';

/** Hands an account to whoever has proved its email, in the transaction of the proof. */
@Injectable()
export class HandoverService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionsRepository,
    private readonly keys: ApiKeysRepository,
    private readonly identities: IdentitiesRepository,
    private readonly devices: DevicesRepository,
    private readonly mails: AccountMailService,
    private readonly offers: OffersService,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Ends all sessions, access tokens, API keys, linked accounts, devices and links of mails, and takes back what was offered
   * in the person's name: whoever else got in may have left any of these. Where the email was a mere claim so far, whoever
   * made it may be somebody else: the password goes as well. Families stay as they are, as what others have remembered there
   * is theirs; the owner is told to look at who belongs to them.
   * @throws UserError `email_taken`
   */
  async toHolderOf(email: string, known: User, reason: RevocationReason, tx: Transaction): Promise<void> {
    await this.accounts.lockWaysIn(tx, known.id);
    // Whoever has proved the address since it was read keeps the password.
    const user = (await this.accounts.find(tx, known.id)) ?? known;
    await this.sessions.revokeAll(tx, user.id, reason);
    await this.accounts.raiseEpoch(tx, user.id);
    await this.keys.deleteAll(tx, user.id);
    await this.mails.forget(tx, user);
    await this.offers.withdrawAll(tx, user.id);
    await this.devices.deleteAll(tx, user.id);
    await this.unlinkAll(tx, user);
    if (user.emailVerifiedAt === null) {
      await this.credentials.delete(tx, user.id);
      if (await this.offers.hasCompany(tx, user.id)) await this.mails.tell(tx, 'account_handed_over', user.id);
    }
    await this.accounts.proveEmail(tx, user.id, email);
  }

  /** Also those of the owner: nobody can tell them from what a thief has linked, and they are linked anew in a moment. */
  private async unlinkAll(tx: Transaction, { id, emailVerifiedAt }: User): Promise<void> {
    const identities = await this.identities.ofUser(tx, id);
    if (identities.length === 0) return;
    await this.identities.deleteAll(tx, id);
    await this.trail.recordAll(
      tx,
      identities.map((identity) => changed('identity.unlink', identity)),
    );
    if (emailVerifiedAt !== null) await this.mails.tell(tx, 'identities_changed', id);
  }
}
