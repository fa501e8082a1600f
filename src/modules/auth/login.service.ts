import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../platform/audit/index.js';
import { TransactionRunner } from '../../platform/database/index.js';
import { DomainError } from '../../platform/http/index.js';
import { uuidv7 } from '../../platform/ids.js';
import { addressKey } from '../../platform/limits/index.js';
import { Metrics, Traced } from '../../platform/observability/index.js';
import { AccountsService, type SignInName, type User } from '../users/index.js';
import { AuthError } from './auth.errors.js';
import { CredentialsRepository } from './credentials.repository.js';
import { PasswordHasher } from './password/password-hasher.js';
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
    private readonly trail: AuditTrail,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Unknown accounts and wrong passwords answer alike and take alike.
   * @throws AuthError `invalid_credentials`, `account_disabled`, `too_many_failures`, `sign_in_busy`
   */
  @Traced()
  async login(login: PasswordLogin, device: Device): Promise<Tokens> {
    const found = await this.find(login.name, device);
    try {
      const tokens = await this.attempt(login, device, found);
      this.metrics.authAttempt('password', 'success');
      return tokens;
    } catch (error) {
      const isThrottled = error instanceof DomainError && error.kind === 'rate_limited';
      this.metrics.authAttempt('password', isThrottled ? 'throttled' : 'failure');
      // Attempts that are held back are counted only: they would fill the log.
      if (error instanceof AuthError && !isThrottled) await this.recordRefusal(error, found.user);
      throw error;
    }
  }

  private async attempt(
    { name, password, rememberMe, delivery }: PasswordLogin,
    device: Device,
    { user, hash, isKnownAddress }: Found,
  ): Promise<Tokens> {
    // By the account where there is one: its three names are not three times as many guesses.
    const attempt = { account: user?.id ?? nameKey(name), address: device.address, isKnownAddress };
    const isRight = await this.hasher.verify(hash, password, this.throttle.turn(attempt));
    if (!isRight || !user || hash === undefined) {
      throw new AuthError('invalid_credentials');
    }
    const upgraded = this.hasher.isOutdated(hash) ? await this.hasher.hash(password) : undefined;
    return this.runner.runAsIdentity(async (tx) => {
      await this.accounts.lockWaysIn(tx, user.id);
      // Hashing took a while: the account may have been disabled or its password changed meanwhile.
      const now = await this.accounts.find(tx, user.id);
      if (!now || (await this.credentials.findHash(tx, user.id)) !== hash) throw new AuthError('invalid_credentials');
      if (!(await this.accounts.admit(tx, now))) throw new AuthError('account_disabled');
      if (upgraded) await this.credentials.save(tx, user.id, upgraded);
      const tokens = await this.sessions.begin(tx, now, device, { rememberMe, delivery });
      await this.trail.record(tx, {
        action: 'auth.login',
        outcome: 'success',
        actorUserId: user.id,
        subjectUserId: user.id,
        targetType: 'session',
        targetId: tokens.sessionId,
        details: { method: 'password' },
      });
      return tokens;
    });
  }

  /** The name that was tried is not kept: people type passwords there. */
  private recordRefusal({ code }: AuthError, user: User | null): Promise<void> {
    return this.runner.runAsIdentity((tx) =>
      this.trail.record(tx, {
        action: 'auth.login',
        outcome: 'refused',
        subjectUserId: user?.id ?? null,
        details: { method: 'password', reason: code },
      }),
    );
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
