import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import { isUniqueViolation, lockInTransaction, managerOf, type Transaction } from '../../platform/database/index.js';
import type { Position } from '../../platform/http/index.js';
import type { ServerRole } from '../../platform/security/index.js';
import { UserRole } from './user-role.entity.js';
import { User, type UserStatus } from './user.entity.js';
import { UserError, type UserErrorCode } from './users.errors.js';

export type SignInName = { email: string } | { username: string } | { telegramId: number };

export interface UserFilter {
  readonly status?: UserStatus | undefined;
  readonly role?: ServerRole | undefined;
  /** Part of the email, the username or the name. */
  readonly search?: string | undefined;
}

export interface UserRow extends User {
  /** Sort key of the page, with microseconds. */
  readonly sortKey: string;
}

const UNIQUE: readonly (readonly [constraint: string, code: UserErrorCode, field: string])[] = [
  ['users_email_key', 'email_taken', 'email'],
  ['users_username_key', 'username_taken', 'username'],
  ['users_telegram_id_key', 'telegram_id_taken', 'telegram_id'],
];

/** Every query on accounts and their roles. */
@Injectable()
export class UsersRepository {
  /** @throws UserError when email, username or telegram id belong to somebody else */
  async insert(tx: Transaction, user: User): Promise<void> {
    await unique(() => managerOf(tx).insert(User, user));
  }

  /** @returns false when the account is not `closing` any more */
  async reopen(tx: Transaction, id: string): Promise<boolean> {
    const changes = { status: 'active', updatedAt: new Date() } as const;
    return (await managerOf(tx).update(User, { id, status: 'closing' }, changes)).affected === 1;
  }

  async markErasing(tx: Transaction, id: string): Promise<void> {
    await managerOf(tx).update(User, { id, status: Not('active') }, { status: 'erasing', updatedAt: new Date() });
  }

  /** @throws UserError as `insert` */
  async update(tx: Transaction, id: string, changes: Partial<User>): Promise<void> {
    await unique(() => managerOf(tx).update(User, { id }, { ...changes, updatedAt: new Date() }));
  }

  /** Whether an erasure waits for its time, and whether anybody asked for it; disabling the account does not end it. */
  async erasureOf(tx: Transaction, id: string): Promise<'asked' | 'deserted' | undefined> {
    const [row] = await managerOf(tx).query<{ is_deserted: boolean }[]>(
      'SELECT is_deserted FROM privacy_erasures WHERE user_id = $1',
      [id],
    );
    return row && (row.is_deserted ? 'deserted' : 'asked');
  }

  find(tx: Transaction, id: string): Promise<User | null> {
    return managerOf(tx).findOneBy(User, { id });
  }

  findBySignInName(tx: Transaction, name: SignInName): Promise<User | null> {
    return managerOf(tx).findOneBy(User, name);
  }

  /** See `AccountsService.lockWaysIn`. */
  lockWaysIn(tx: Transaction, id: string): Promise<void> {
    return lockInTransaction(tx, `ways into ${id}`);
  }

  /** Locks the row until the transaction ends. */
  findForUpdate(tx: Transaction, id: string): Promise<User | null> {
    return managerOf(tx).findOne(User, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async hasAny(tx: Transaction): Promise<boolean> {
    return managerOf(tx).exists(User);
  }

  /** Newest first; one row more than `limit` where there are more. */
  async page(tx: Transaction, filter: UserFilter, limit: number, after: Position | undefined): Promise<UserRow[]> {
    const query = managerOf(tx)
      .createQueryBuilder(User, 'u')
      .addSelect('u.created_at::text', 'sort_key')
      .orderBy('u.created_at', 'DESC')
      .addOrderBy('u.id', 'DESC')
      .limit(limit + 1);
    if (filter.status) query.andWhere('u.status = :status', { status: filter.status });
    if (filter.role) {
      query.andWhere('EXISTS (SELECT FROM user_roles r WHERE r.user_id = u.id AND r.role = :role)', {
        role: filter.role,
      });
    }
    if (filter.search) {
      query.andWhere(`concat_ws(' ', u.email, u.username, u.first_name, u.last_name) ILIKE :pattern`, {
        pattern: `%${filter.search.replaceAll(/[\\%_]/g, '\\$&')}%`,
      });
    }
    if (after) query.andWhere('(u.created_at, u.id) < (:at::timestamptz, :id::uuid)', { ...after });
    const { entities, raw } = await query.getRawAndEntities<{ sort_key: string }>();
    return entities.map((user, index) => Object.assign(user, { sortKey: raw[index]?.sort_key ?? '' }));
  }

  async rolesOf(tx: Transaction, userIds: readonly string[]): Promise<Map<string, ServerRole[]>> {
    const rows = await managerOf(tx)
      .createQueryBuilder(UserRole, 'r')
      .where('r.user_id = ANY(:userIds)', { userIds })
      .orderBy('r.role')
      .getMany();
    const roles = new Map<string, ServerRole[]>(userIds.map((id) => [id, []]));
    for (const { userId, role } of rows) roles.get(userId)?.push(role);
    return roles;
  }

  /** Returns whether the person did not have the role before. */
  async addRole(tx: Transaction, userId: string, role: ServerRole, assignedBy: string | null): Promise<boolean> {
    const result = await managerOf(tx)
      .createQueryBuilder()
      .insert()
      .into(UserRole)
      .values({ userId, role, assignedBy, assignedAt: new Date() })
      .orIgnore()
      .returning('role')
      .execute();
    return (result.raw as unknown[]).length > 0;
  }

  /**
   * Takes an email from whoever has it without having proved it; nobody can keep it from its owner that way.
   * @returns whose account it was
   */
  async releaseUnverifiedEmail(tx: Transaction, email: string, keeperId: string): Promise<string | undefined> {
    const unproved = { email, emailVerifiedAt: IsNull(), id: Not(keeperId) };
    const result = await managerOf(tx)
      .createQueryBuilder()
      .update(User)
      .set({ email: null })
      .where(unproved)
      .returning('id')
      .execute();
    return (result.raw as { id: string }[])[0]?.id;
  }

  /** Returns whether the person had the role. */
  async removeRole(tx: Transaction, userId: string, role: ServerRole): Promise<boolean> {
    return (await managerOf(tx).delete(UserRole, { userId, role })).affected === 1;
  }

  async countActiveAdminsBesides(tx: Transaction, userId: string): Promise<number> {
    return managerOf(tx)
      .createQueryBuilder(UserRole, 'r')
      .innerJoin(User, 'u', `u.id = r.user_id AND u.status = 'active'`)
      .where(`r.role = 'admin' AND r.user_id <> :userId`, { userId })
      .getCount();
  }

  async giveTelegramId(tx: Transaction, userId: string, telegramId: number): Promise<void> {
    await managerOf(tx).update(User, { telegramId, id: Not(userId) }, { telegramId: null });
    await managerOf(tx).update(User, { id: userId }, { telegramId });
  }

  async delete(tx: Transaction, id: string): Promise<boolean> {
    return (await managerOf(tx).delete(User, { id })).affected === 1;
  }

  async countBesides(tx: Transaction, id: string): Promise<number> {
    return managerOf(tx).countBy(User, { id: Not(id) });
  }

  /** Ends every access token of the person. */
  async raiseEpoch(tx: Transaction, userId: string): Promise<void> {
    await managerOf(tx).increment(User, { id: userId }, 'epoch', 1);
  }
}

async function unique(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const taken = UNIQUE.find(([constraint]) => isUniqueViolation(error, constraint));
    if (!taken) throw error;
    const [, code, field] = taken;
    throw new UserError(code, { errors: [{ field, messages: ['already exists'] }] });
  }
}
