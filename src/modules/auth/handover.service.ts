import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/index.js';
import { AccountsService, type User } from '../users/index.js';
import { ApiKeysRepository } from './api-keys/api-keys.repository.js';
import { CredentialsRepository } from './credentials.repository.js';
import { DevicesRepository } from './devices/devices.repository.js';
import { AccountMailService } from './mail/account-mail.service.js';
import { IdentitiesRepository } from './providers/identities.repository.js';
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
  ) {}

  /**
   * Ends all sessions, access tokens, API keys and links of mails. Where the email was a mere claim so far, whoever made it
   * may be somebody else: their password, linked accounts and devices go as well.
   * @throws UserError `email_taken`
   */
  async toHolderOf(email: string, user: User, reason: RevocationReason, tx: Transaction): Promise<void> {
    await this.accounts.lockWaysIn(tx, user.id);
    await this.sessions.revokeAll(tx, user.id, reason);
    await this.accounts.raiseEpoch(tx, user.id);
    await this.keys.deleteAll(tx, user.id);
    await this.mails.forget(tx, user);
    if (user.emailVerifiedAt === null) {
      await this.credentials.delete(tx, user.id);
      await this.identities.deleteAll(tx, user.id);
      await this.devices.deleteAll(tx, user.id);
    }
    await this.accounts.proveEmail(tx, user.id, email);
  }
}
