import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/index.js';
import { DomainError, fieldError } from '../../platform/http/index.js';
import { uuidv7 } from '../../platform/ids.js';
import { addressKey } from '../../platform/limits/index.js';
import { Metrics, Traced } from '../../platform/observability/index.js';
import type { Principal } from '../../platform/security/index.js';
import { AccountsService, canAuthenticate, type SignInName, type User } from '../users/index.js';
import { AuthError } from './auth.errors.js';
import { CredentialsRepository } from './credentials.repository.js';
import { AccountMailService } from './mail/account-mail.service.js';
import { PasswordHasher } from './password/password-hasher.js';
import { passwordFaults } from './password/password-rules.js';
import type { Delivery } from './session.entity.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService, type Device, type Tokens } from './sessions.service.js';
import { nameKey } from './sign-in-name.js';
import { SignInThrottle } from './sign-in-throttle.js';

export interface PasswordLogin {
  readonly name: SignInName;
  readonly password: string;
  readonly rememberMe: boolean;
  readonly delivery: Delivery;
}

interface Found {
  readonly user: User | null;
  readonly hash: string | undefined;
  readonly isKnownAddress: boolean;
}

/** Sign-in by password. */
@Injectable()
export class LoginService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly accounts: AccountsService,
    private readonly credentials: CredentialsRepository,
    private readonly sessionRows: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly hasher: PasswordHasher,
    private readonly throttle: SignInThrottle,
    private readonly mails: AccountMailService,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Unknown accounts and wrong passwords answer alike and take alike.
   * @throws AuthError `invalid_credentials`, `account_disabled`, `too_many_failures`, `sign_in_busy`
   */
  @Traced()
  async login(login: PasswordLogin, device: Device): Promise<Tokens> {
    try {
      const tokens = await this.attempt(login, device);
      this.metrics.authAttempt('password', 'success');
      return tokens;
    } catch (error) {
      const isThrottled = error instanceof DomainError && error.kind === 'rate_limited';
      this.metrics.authAttempt('password', isThrottled ? 'throttled' : 'failure');
      throw error;
    }
  }

  /**
   * Sets a new password and ends all other sessions.
   * @throws AuthError `wrong_password`; DomainError 400 when the new one breaks the rules
   */
  async changePassword(principal: Principal, current: string, next: string, device: Device): Promise<void> {
    const { user, hash } = await this.requirePassword(principal.userId, 'current_password', current, device);
    const faults = passwordFaults(next, [user.email, user.username]);
    if (current === next) faults.push('must differ from the current password');
    if (faults.length > 0) throw weakPassword('new_password', faults);
    const newHash = await this.hasher.hash(next);
    await this.runner.runAsIdentity(async (tx) => {
      // Hashing took a while: of two changes at once the first one counts.
      if ((await this.credentials.findHash(tx, principal.userId)) !== hash) throw new AuthError('wrong_password');
      await this.credentials.save(tx, principal.userId, newHash);
      await this.sessionRows.revokeAll(tx, principal.userId, 'password', principal.sessionId);
      await this.mails.forget(tx, user);
      await this.mails.tellPasswordChanged(tx, user.id);
    });
  }

  /**
   * Asks a signed-in person for their password once more. Guesses are counted for all that asks for it.
   * @param field of the request that holds it
   * @throws AuthError `wrong_password`, `too_many_failures`, `sign_in_busy`
   */
  async requirePassword(
    userId: string,
    field: string,
    password: string,
    device: Device,
  ): Promise<{ user: User; hash: string }> {
    const attempt = { account: `change:${userId}`, address: device.address, isKnownAddress: false };
    const { user, hash } = await this.runner.runAsIdentity(async (tx) => ({
      user: await this.accounts.find(tx, userId),
      hash: await this.credentials.findHash(tx, userId),
    }));
    const isRight = await this.hasher.verify(hash, password, this.throttle.turn(attempt));
    if (!isRight || !user || hash === undefined)
      throw new AuthError('wrong_password', { errors: [{ field, messages: ['is wrong'] }] });
    return { user, hash };
  }

  private async attempt({ name, password, rememberMe, delivery }: PasswordLogin, device: Device): Promise<Tokens> {
    const { user, hash, isKnownAddress } = await this.find(name, device);
    // By the account where there is one: its three names are not three times as many guesses.
    const attempt = { account: user?.id ?? nameKey(name), address: device.address, isKnownAddress };
    const isRight = await this.hasher.verify(hash, password, this.throttle.turn(attempt));
    if (!isRight || !user || hash === undefined) {
      throw new AuthError('invalid_credentials');
    }
    const upgraded = this.hasher.isOutdated(hash) ? await this.hasher.hash(password) : undefined;
    return this.runner.runAsIdentity(async (tx) => {
      // Hashing took a while: the account may have been disabled or its password changed meanwhile.
      const now = await this.accounts.find(tx, user.id);
      if (!now || (await this.credentials.findHash(tx, user.id)) !== hash) throw new AuthError('invalid_credentials');
      if (!canAuthenticate(now)) throw new AuthError('account_disabled');
      if (upgraded) await this.credentials.save(tx, user.id, upgraded);
      return this.sessions.begin(tx, now, device, { rememberMe, delivery });
    });
  }

  /** Asks the same of the database whether the account exists or not. */
  private find(name: SignInName, device: Device): Promise<Found> {
    return this.runner.runAsIdentity(async (tx) => {
      const user = await this.accounts.findBySignInName(tx, name);
      const id = user?.id ?? uuidv7();
      const hash = await this.credentials.findHash(tx, id);
      const isKnownAddress = await this.sessionRows.knowsAddress(tx, id, addressKey(device.address));
      return { user, hash, isKnownAddress };
    });
  }
}

/** Every broken rule of a password, one by one. */
export function weakPassword(field: string, faults: readonly string[]): DomainError {
  const error = fieldError(field, '');
  return new DomainError(
    error.code,
    { kind: 'invalid', detail: error.message },
    { errors: [{ field, messages: faults }] },
  );
}
