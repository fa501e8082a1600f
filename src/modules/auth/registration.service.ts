import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AuditTrail, type AuditEvent } from '../../platform/audit/index.js';
import { AuthConfig } from '../../platform/config/index.js';
import { lockInTransaction, TransactionRunner, type Transaction } from '../../platform/database/index.js';
import type { ServerRole } from '../../platform/security/index.js';
import { OnboardingService } from '../family/index.js';
import { AccountsService, toUserResponse, type User, type UserResponse } from '../users/index.js';
import { AuthError } from './auth.errors.js';
import { decideRegistration, type RegistrationPath } from './auth.policy.js';
import { CredentialsRepository } from './credentials.repository.js';
import { SessionsRepository } from './sessions.repository.js';
import type { RegisterRequest } from './dto/register.request.js';
import { AccountMailService } from './mail/account-mail.service.js';
import { PasswordHasher } from './password/password-hasher.js';
import { passwordFaults, weakPassword } from './password/password-rules.js';
import { SetupToken } from './setup-token.js';

/** Somebody who registers, by a password or otherwise. */
export type Newcomer = Omit<RegisterRequest, 'password'> & { readonly emailVerifiedAt?: Date };

/** Registration: the first account of the server, by invitation, or with a new family. */
@Injectable()
export class RegistrationService implements OnApplicationBootstrap {
  private readonly logger = new Logger(RegistrationService.name);

  constructor(
    private readonly runner: TransactionRunner,
    private readonly accounts: AccountsService,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionsRepository,
    private readonly onboarding: OnboardingService,
    private readonly hasher: PasswordHasher,
    private readonly setupToken: SetupToken,
    private readonly trail: AuditTrail,
    private readonly mails: AccountMailService,
    private readonly config: AuthConfig,
  ) {}

  /** While the server is empty and can be reached from elsewhere, its start prints the set-up token. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.setupToken.isNeeded) return;
    if (await this.runner.runAsIdentity((tx) => this.accounts.hasAny(tx))) return;
    this.logger.warn(`No account yet. Register the first one with "setup_token": "${this.setupToken.value}"`);
  }

  /**
   * All or nothing: account, password, family and membership.
   * @throws AuthError, UserError `email_taken`, `username_taken`, FamilyError `invitation_invalid`, DomainError 400
   */
  async register(request: RegisterRequest): Promise<UserResponse> {
    const faults = passwordFaults(request.password, [request.email, request.username]);
    if (faults.length > 0) throw weakPassword('password', faults);
    // Asked before hashing, so that strangers cannot make the server compute.
    await this.runner.runAsIdentity((tx) => this.requirePath(tx, request));
    const passwordHash = await this.hasher.hash(request.password);
    return this.runner.runAsIdentity(async (tx) => {
      const { user, roles } = await this.settle(tx, request);
      await this.credentials.save(tx, user.id, passwordHash);
      await this.mails.askToVerify(tx, user);
      return toUserResponse(user, roles);
    });
  }

  /**
   * Makes an account and lets it into a family, as the server's rules of registration allow, or completes that of a member
   * who has lived on devices; how it signs in is the caller's business, in the same transaction.
   * @throws as `register`
   */
  async settle(tx: Transaction, newcomer: Newcomer): Promise<{ user: User; roles: readonly ServerRole[] }> {
    const path = await this.requirePath(tx, newcomer);
    if (path === 'invitation') {
      const known = await this.onboarding.accountToComplete(tx, newcomer.invitation ?? '');
      if (known !== undefined) return this.complete(tx, known, newcomer);
    }
    const roles: ServerRole[] = path === 'first' ? ['admin', 'user'] : ['user'];
    const user = await this.accounts.create(tx, {
      email: newcomer.email,
      ...(newcomer.emailVerifiedAt ? { emailVerifiedAt: newcomer.emailVerifiedAt } : {}),
      username: newcomer.username ?? null,
      firstName: newcomer.first_name,
      lastName: newcomer.last_name ?? null,
      language: newcomer.language ?? 'en',
      timeZone: newcomer.time_zone ?? 'UTC',
      roles,
    });
    await this.recordNew(tx, user, { actorUserId: user.id, details: { path } });
    await this.enterFamily(tx, path, user, newcomer);
    return { user, roles };
  }

  /** Gives an account that lived on devices an email of its own. The devices end with that, their sessions with them. */
  private async complete(
    tx: Transaction,
    userId: string,
    newcomer: Newcomer,
  ): Promise<{ user: User; roles: readonly ServerRole[] }> {
    const found = await this.accounts.find(tx, userId);
    if (!found) throw new AuthError('account_disabled');
    await this.onboarding.join(tx, found, newcomer.invitation ?? '', true);
    if (!(await this.accounts.admit(tx, found))) throw new AuthError('account_disabled');
    const user = await this.accounts.complete(tx, found, {
      email: newcomer.email,
      emailVerifiedAt: newcomer.emailVerifiedAt ?? null,
      username: newcomer.username ?? found.username,
      firstName: newcomer.first_name,
      lastName: newcomer.last_name ?? found.lastName,
      language: newcomer.language ?? found.language,
      timeZone: newcomer.time_zone ?? found.timeZone,
    });
    await this.sessions.revokeAll(tx, userId, 'revoked');
    await this.recordNew(tx, user, { actorUserId: userId, details: { path: 'invitation' } });
    return { user, roles: await this.accounts.rolesOf(tx, userId) };
  }

  /** Makes an admin without any family: for the command line. */
  async createAdmin(account: { email: string; password: string; firstName: string }): Promise<UserResponse> {
    const faults = passwordFaults(account.password, [account.email]);
    if (faults.length > 0) throw weakPassword('password', faults);
    const passwordHash = await this.hasher.hash(account.password);
    return this.runner.runAsIdentity(async (tx) => {
      const roles: ServerRole[] = ['admin', 'user'];
      const { email, firstName } = account;
      const user = await this.accounts.create(tx, {
        email,
        firstName,
        username: null,
        lastName: null,
        language: 'en',
        timeZone: 'UTC',
        roles,
      });
      await this.credentials.save(tx, user.id, passwordHash);
      await this.recordNew(tx, user, { details: { path: 'command_line', role: 'admin' } });
      return toUserResponse(user, roles);
    });
  }

  private recordNew(tx: Transaction, { id }: User, how: Pick<AuditEvent, 'actorUserId' | 'details'>): Promise<void> {
    return this.trail.record(tx, { action: 'auth.register', outcome: 'success', subjectUserId: id, ...how });
  }

  private async requirePath(tx: Transaction, request: Newcomer): Promise<RegistrationPath> {
    let isEmptyServer = !(await this.accounts.hasAny(tx));
    if (isEmptyServer) {
      // One at a time may be the first.
      await lockInTransaction(tx, 'first account');
      isEmptyServer = !(await this.accounts.hasAny(tx));
    }
    const decision = decideRegistration({
      isEmptyServer,
      maySetUp: this.setupToken.admits(request.setup_token),
      mode: this.config.registration,
      hasInvitation: request.invitation !== undefined,
    });
    switch (decision) {
      case 'first':
      case 'found':
        return decision;
      case 'invitation':
        await this.onboarding.requireInvitation(tx, request.invitation ?? '');
        return decision;
      default:
        throw new AuthError(decision);
    }
  }

  private async enterFamily(tx: Transaction, path: RegistrationPath, user: User, request: Newcomer): Promise<void> {
    if (path === 'invitation') await this.onboarding.join(tx, user, request.invitation ?? '');
    else await this.onboarding.found(tx, user, request.family_name ?? user.lastName ?? user.firstName);
  }
}
