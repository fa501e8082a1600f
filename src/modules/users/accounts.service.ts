import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/index.js';
import { uuidv7 } from '../../platform/ids.js';
import type { ServerRole } from '../../platform/security/index.js';
import type { Language, User } from './user.entity.js';
import { UsersRepository, type SignInName } from './users.repository.js';

export interface NewAccount {
  readonly email: string | null;
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
  constructor(private readonly users: UsersRepository) {}

  /** @throws UserError when the email or the username belongs to somebody else */
  async create(tx: Transaction, account: NewAccount): Promise<User> {
    const { roles, ...fields } = account;
    const now = new Date();
    const user: User = {
      ...fields,
      id: uuidv7(),
      emailVerifiedAt: null,
      telegramId: null,
      birthDate: null,
      status: 'active',
      epoch: 0,
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
   * without such a proof loses it.
   * @throws UserError `email_taken` when somebody else has proved it
   */
  async proveEmail(tx: Transaction, userId: string, email: string): Promise<void> {
    await this.users.releaseUnverifiedEmail(tx, email, userId);
    await this.users.update(tx, userId, { email, emailVerifiedAt: new Date() });
  }

  async rolesOf(tx: Transaction, userId: string): Promise<readonly ServerRole[]> {
    return (await this.users.rolesOf(tx, [userId])).get(userId) ?? [];
  }

  raiseEpoch(tx: Transaction, userId: string): Promise<void> {
    return this.users.raiseEpoch(tx, userId);
  }
}
