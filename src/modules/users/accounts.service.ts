import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../platform/audit/index.js';
import { lockInTransaction, type Transaction } from '../../platform/database/index.js';
import { uuidv7 } from '../../platform/ids.js';
import type { ServerRole } from '../../platform/security/index.js';
import type { Language, User } from './user.entity.js';
import { UserError } from './users.errors.js';
import { canAuthenticate, losesLastAdmin } from './users.policy.js';
import { UsersRepository, type SignInName } from './users.repository.js';

export interface NewAccount {
  readonly email: string | null;
  /** When the email was proved to be theirs; not yet where it is left out. */
  readonly emailVerifiedAt?: Date;
  readonly username: string | null;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly language: Language;
  readonly timeZone: string;
  readonly roles: readonly ServerRole[];
}

/** What other modules do with accounts, within a transaction of theirs. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly users: UsersRepository,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws UserError when the email or the username belongs to somebody else */
  async create(tx: Transaction, account: NewAccount): Promise<User> {
    const { roles, ...fields } = account;
    const now = new Date();
    const user: User = {
      emailVerifiedAt: null,
      ...fields,
      id: uuidv7(),
      telegramId: null,
      birthDate: null,
      status: 'active',
      epoch: 0,
      maxRequestsPerDay: null,
      createdAt: now,
      updatedAt: now,
    };
    await this.users.insert(tx, user);
    for (const role of roles) await this.users.addRole(tx, user.id, role, null);
    return user;
  }

  /** Whether there is any account: if not, the next one becomes the first admin. */
  hasAny(tx: Transaction): Promise<boolean> {
    return this.users.hasAny(tx);
  }

  find(tx: Transaction, id: string): Promise<User | null> {
    return this.users.find(tx, id);
  }

  findBySignInName(tx: Transaction, name: SignInName): Promise<User | null> {
    return this.users.findBySignInName(tx, name);
  }

  /**
   * The person has proved to receive mail at this address: it is theirs from now on, verified. Whoever claimed it
   * without such a proof loses it, and sees that in the audit log: no mail would reach them any more.
   * @throws UserError `email_taken` when somebody else has proved it
   */
  async proveEmail(tx: Transaction, userId: string, email: string): Promise<void> {
    const loser = await this.users.releaseUnverifiedEmail(tx, email, userId);
    if (loser !== undefined)
      await this.trail.record(tx, { action: 'account.email_lost', outcome: 'success', subjectUserId: loser });
    await this.users.update(tx, userId, { email, emailVerifiedAt: new Date() });
  }

  /** Gives an account what it lacked so far. @throws UserError when the email or the username belongs to somebody else */
  async complete(
    tx: Transaction,
    user: User,
    fields: Pick<User, 'email' | 'emailVerifiedAt' | 'username' | 'firstName' | 'lastName' | 'language' | 'timeZone'>,
  ): Promise<User> {
    await this.users.update(tx, user.id, fields);
    return (await this.users.find(tx, user.id)) ?? user;
  }

  async rolesOf(tx: Transaction, userId: string): Promise<readonly ServerRole[]> {
    return (await this.users.rolesOf(tx, [userId])).get(userId) ?? [];
  }

  /** Gives a telegram id to whom it was proved to belong to, and takes it from whoever else has written it down. */
  giveTelegramId(tx: Transaction, userId: string, telegramId: number): Promise<void> {
    return this.users.giveTelegramId(tx, userId, telegramId);
  }

  /**
   * Of what lets somebody into an account (a session, a key, a link) and what puts everybody out, one is done after the
   * other. Taken before the password or the session that is relied on is read: so nobody comes in by what has ended.
   * Its place among the other locks is in docs/ARCHITECTURE.md.
   */
  lockWaysIn(tx: Transaction, userId: string): Promise<void> {
    return this.users.lockWaysIn(tx, userId);
  }

  /**
   * Whether somebody who has shown who they are may sign in; asked on every path that begins a session. Not when everybody
   * was put out since `known` was read. Who was about to have the account erased takes that back by it.
   */
  async admit(tx: Transaction, known: User): Promise<boolean> {
    await this.lockWaysIn(tx, known.id);
    const user = await this.users.find(tx, known.id);
    if (user?.epoch !== known.epoch) return false;
    if (user.status !== 'closing') return canAuthenticate(user);
    if (!(await this.users.reopen(tx, user.id))) return false;
    const ownAct = { actorUserId: user.id, subjectUserId: user.id };
    await this.trail.record(tx, { action: 'account.erasure_cancel', outcome: 'success', ...ownAct });
    return true;
  }

  /**
   * Closes an account that is to be erased: nothing of it opens anything any more.
   * @returns false when it is not open, as when somebody closes it at the same time
   * @throws UserError `last_admin` when others would be left without one
   */
  async close(tx: Transaction, id: string): Promise<boolean> {
    await lockInTransaction(tx, 'admins');
    await this.lockWaysIn(tx, id);
    const user = await this.users.findForUpdate(tx, id);
    if (!user || !canAuthenticate(user)) return false;
    const roles = await this.rolesOf(tx, id);
    const isLastAdmin = losesLastAdmin({
      isActiveAdmin: roles.includes('admin'),
      remainsActiveAdmin: false,
      otherActiveAdmins: await this.users.countActiveAdminsBesides(tx, id),
    });
    if (isLastAdmin && (await this.users.countBesides(tx, id)) > 0) throw new UserError('last_admin');
    await this.users.update(tx, id, { status: 'closing' });
    await this.users.raiseEpoch(tx, id);
    return true;
  }

  /**
   * The same, decided by somebody else. One that is disabled stays so: its owner does not come back.
   * @throws UserError `user_not_found`, `account_closing`, `account_erasing`, `last_admin`
   */
  async closeFor(tx: Transaction, id: string): Promise<void> {
    await lockInTransaction(tx, 'admins');
    await this.lockWaysIn(tx, id);
    const user = await this.users.findForUpdate(tx, id);
    if (!user) throw new UserError('user_not_found');
    if (user.status === 'erasing') throw new UserError('account_erasing');
    if ((await this.users.erasureOf(tx, id)) !== undefined) throw new UserError('account_closing');
    if (user.status !== 'disabled' && !(await this.close(tx, id))) throw new UserError('account_closing');
  }

  /** From now on nobody comes back into an account that was closed: what is in it goes. Locks it. */
  async beginErasing(tx: Transaction, id: string): Promise<void> {
    await this.lockWaysIn(tx, id);
    await this.users.markErasing(tx, id);
  }

  raiseEpoch(tx: Transaction, userId: string): Promise<void> {
    return this.users.raiseEpoch(tx, userId);
  }
}
