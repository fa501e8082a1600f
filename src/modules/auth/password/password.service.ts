import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../../platform/audit/index.js';
import { TransactionRunner } from '../../../platform/database/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { AccountsService, type User } from '../../users/index.js';
import { AuthError } from '../auth.errors.js';
import { CredentialsRepository } from '../credentials.repository.js';
import { AccountMailService } from '../mail/account-mail.service.js';
import { SessionsRepository } from '../sessions.repository.js';
import type { Device } from '../sessions.service.js';
import { SignInThrottle } from '../sign-in-throttle.js';
import { PasswordHasher } from './password-hasher.js';
import { passwordFaults, weakPassword } from './password-rules.js';

/** The password of a signed-in person: asked for once more, and changed. */
@Injectable()
export class PasswordService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly accounts: AccountsService,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionsRepository,
    private readonly hasher: PasswordHasher,
    private readonly throttle: SignInThrottle,
    private readonly mails: AccountMailService,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Sets a new password, ends all other sessions and every link that was sent before, and tells the person.
   * @throws AuthError `wrong_password`; DomainError 400 when the new one breaks the rules
   */
  async change(principal: Principal, current: string, next: string, device: Device): Promise<void> {
    const asked = { field: 'current_password', action: CHANGE };
    const { user, hash } = await this.require(principal, current, device.address, asked);
    const faults = passwordFaults(next, [user.email, user.username]);
    if (current === next) faults.push('must differ from the current password');
    if (faults.length > 0) throw weakPassword('new_password', faults);
    const newHash = await this.hasher.hash(next);
    await this.runner.runAsIdentity(async (tx) => {
      await this.accounts.lockWaysIn(tx, user.id);
      // Hashing took a while: of two changes at once the first one counts.
      if ((await this.credentials.findHash(tx, user.id)) !== hash) throw new AuthError('wrong_password');
      await this.credentials.save(tx, user.id, newHash);
      await this.sessions.revokeAll(tx, user.id, 'password', principal.sessionId);
      await this.mails.forget(tx, user);
      await this.mails.tell(tx, 'password_changed', user.id);
      await this.trail.record(tx, { ...by(principal, CHANGE), subjectUserId: user.id });
    });
  }

  /**
   * Asks a signed-in person for their password once more. Guesses are counted together for all that asks for it.
   * @param asked the field of the request, and the action of the audit log that a wrong one is refused
   * @throws AuthError `wrong_password`, `no_password`, `too_many_failures`, `sign_in_busy`
   */
  async require(
    principal: Principal,
    password: string,
    address: string,
    { field, action }: { field: string; action: string },
  ): Promise<{ user: User; hash: string }> {
    const { userId } = principal;
    const attempt = { account: `change:${userId}`, address, isKnownAddress: false };
    const { user, hash } = await this.runner.runAsIdentity(async (tx) => ({
      user: await this.accounts.find(tx, userId),
      hash: await this.credentials.findHash(tx, userId),
    }));
    const isRight = await this.hasher.verify(hash, password, this.throttle.turn(attempt));
    if (isRight && user && hash !== undefined) return { user, hash };
    await this.runner.runAsIdentity((tx) =>
      this.trail.record(tx, { ...by(principal, action), outcome: 'refused', subjectUserId: userId }),
    );
    if (user && hash === undefined) throw new AuthError('no_password');
    throw new AuthError('wrong_password', { errors: [{ field, messages: ['is wrong'] }] });
  }
}

const CHANGE = 'auth.password_change';
