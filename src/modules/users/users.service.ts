import { Injectable } from '@nestjs/common';
import { AuditTrail, by, type AuditEvent } from '../../platform/audit/index.js';
import { lockInTransaction, TransactionRunner, type Transaction } from '../../platform/database/index.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/index.js';
import { SERVER_ROLE_PERMISSIONS, type Principal, type ServerRole } from '../../platform/security/index.js';
import { AuthorityService, ofServer } from './authority.service.js';
import type { ListUsersQuery } from './dto/list-users.request.js';
import type { UpdateAccountRequest, UpdateUserRequest } from './dto/update-user.request.js';
import { toUserResponse, type UserResponse } from './dto/user.response.js';
import type { User } from './user.entity.js';
import { UserError } from './users.errors.js';
import { canAuthenticate, losesLastAdmin, mayGive } from './users.policy.js';
import { UsersRepository } from './users.repository.js';

/** Use cases around accounts: one's own, and their administration. */
@Injectable()
export class UsersService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly users: UsersRepository,
    private readonly authority: AuthorityService,
    private readonly trail: AuditTrail,
  ) {}

  async me(principal: Principal): Promise<UserResponse> {
    return this.runner.run(principal, (tx) => this.read(tx, principal.userId));
  }

  async updateMe(principal: Principal, changes: UpdateAccountRequest): Promise<UserResponse> {
    return this.runner.run(principal, async (tx) => {
      await this.users.update(tx, principal.userId, toColumns(changes));
      await this.trail.record(tx, about(principal, 'user.update', principal.userId, { fields: fieldsOf(changes) }));
      return this.read(tx, principal.userId);
    });
  }

  /** All accounts, for admins. */
  async list(principal: Principal, query: ListUsersQuery): Promise<Page<UserResponse>> {
    const after = decodeCursor(query.cursor);
    return this.runner.runAsIdentity(async (tx) => {
      const rows = await this.users.page(
        tx,
        { status: query.status, role: query.role, search: query.q },
        query.limit,
        after,
      );
      const roles = await this.users.rolesOf(
        tx,
        rows.map(({ id }) => id),
      );
      await this.trail.record(tx, {
        ...by(principal, 'user.list'),
        details: { accounts: Math.min(rows.length, query.limit) },
      });
      return toPage(
        rows,
        query.limit,
        ({ sortKey, id }) => ({ at: sortKey, id }),
        (user) => toUserResponse(user, roles.get(user.id) ?? []),
      );
    });
  }

  /** One account, for admins; the person sees that they looked. */
  async get(principal: Principal, id: string): Promise<UserResponse> {
    return this.runner.runAsIdentity(async (tx) => {
      const user = await this.read(tx, id);
      if (id !== principal.userId) await this.trail.record(tx, about(principal, 'user.read', id));
      return user;
    });
  }

  /**
   * Lets go of a closing account only to its owner: enabling one that was disabled meanwhile makes it closing again. One
   * that was closed because nobody could sign in any more has no owner who could: that is an admin's.
   * @throws UserError `not_yours_to_give`, `account_erasing`, `account_closing`, `last_admin`
   */
  async update(principal: Principal, id: string, { status, ...changes }: UpdateUserRequest): Promise<UserResponse> {
    const maxRequestsPerDay = changes.max_requests_per_day;
    return this.runner.runAsIdentity(async (tx) => {
      await lockInTransaction(tx, 'admins');
      await this.users.lockWaysIn(tx, id);
      const user = await this.users.findForUpdate(tx, id);
      if (!user) throw new UserError('user_not_found');
      await this.authority.requireOver(tx, principal, id);
      if (user.status === 'erasing') throw new UserError('account_erasing');
      const asked = status === 'active' && (await this.users.erasureOf(tx, id)) === 'asked';
      if (asked && user.status === 'closing') throw new UserError('account_closing');
      if (status === 'disabled') await this.keepAnAdmin(tx, user, { withoutRole: false });
      await this.users.update(tx, id, {
        ...toColumns(changes),
        ...(status ? { status: asked ? 'closing' : status } : {}),
        ...(maxRequestsPerDay === undefined ? {} : { maxRequestsPerDay }),
      });
      if (status === 'disabled' && canAuthenticate(user)) await this.users.raiseEpoch(tx, id);
      const isStatusNew = status !== undefined && status !== user.status;
      await this.trail.recordAll(tx, [
        ...(isStatusNew ? [about(principal, status === 'disabled' ? 'user.disable' : 'user.enable', id)] : []),
        ...(fieldsOf(changes) === '' ? [] : [about(principal, 'user.update', id, { fields: fieldsOf(changes) })]),
      ]);
      return this.read(tx, id);
    });
  }

  /** @throws UserError `not_yours_to_give` for a role with a right that the giver lacks */
  async assignRole(assignedBy: Principal, userId: string, role: ServerRole): Promise<UserResponse> {
    this.requireOwn(assignedBy, role);
    return this.runner.runAsIdentity(async (tx) => {
      if (!(await this.users.find(tx, userId))) throw new UserError('user_not_found');
      if (await this.users.addRole(tx, userId, role, assignedBy.userId))
        await this.trail.record(tx, about(assignedBy, 'role.assign', userId, { role }));
      return this.read(tx, userId);
    });
  }

  /** @throws UserError `last_admin`, `not_yours_to_give` */
  async revokeRole(revokedBy: Principal, userId: string, role: ServerRole): Promise<UserResponse> {
    this.requireOwn(revokedBy, role);
    return this.runner.runAsIdentity(async (tx) => {
      await lockInTransaction(tx, 'admins');
      const user = await this.users.findForUpdate(tx, userId);
      if (!user) throw new UserError('user_not_found');
      if (role === 'admin') await this.keepAnAdmin(tx, user, { withoutRole: true });
      if (await this.users.removeRole(tx, userId, role))
        await this.trail.record(tx, about(revokedBy, 'role.revoke', userId, { role }));
      return this.read(tx, userId);
    });
  }

  /** Whoever was given `role:write` alone makes nobody an admin, least of all themselves. */
  private requireOwn({ permissions }: Principal, role: ServerRole): void {
    if (!mayGive(permissions, ofServer(SERVER_ROLE_PERMISSIONS[role]))) throw new UserError('not_yours_to_give');
  }

  private async read(tx: Transaction, id: string): Promise<UserResponse> {
    const user = await this.users.find(tx, id);
    if (!user) throw new UserError('user_not_found');
    return toUserResponse(user, (await this.users.rolesOf(tx, [id])).get(id) ?? []);
  }

  private async keepAnAdmin(tx: Transaction, user: User, { withoutRole }: { withoutRole: boolean }): Promise<void> {
    const roles = (await this.users.rolesOf(tx, [user.id])).get(user.id) ?? [];
    const change = {
      isActiveAdmin: canAuthenticate(user) && roles.includes('admin'),
      remainsActiveAdmin: false,
      otherActiveAdmins: await this.users.countActiveAdminsBesides(tx, user.id),
    };
    if (losesLastAdmin(change))
      throw new UserError(
        'last_admin',
        withoutRole ? {} : { errors: [{ field: 'status', messages: ['is the last active admin'] }] },
      );
  }
}

const about = (
  actor: Principal,
  action: string,
  userId: string,
  details: NonNullable<AuditEvent['details']> = {},
): AuditEvent => ({ ...by(actor, action), subjectUserId: userId, targetType: 'user', targetId: userId, details });

/** Which fields a request changes, never to what. */
const fieldsOf = (changes: UpdateAccountRequest): string =>
  Object.entries(changes)
    .flatMap(([field, value]: [string, unknown]) => (value === undefined ? [] : [field]))
    .join(',');

function toColumns(changes: UpdateAccountRequest): Partial<User> {
  const columns: Partial<User> = {
    ...(changes.first_name === undefined ? {} : { firstName: changes.first_name }),
    ...(changes.last_name === undefined ? {} : { lastName: changes.last_name }),
    ...(changes.username === undefined ? {} : { username: changes.username }),
    ...(changes.telegram_id === undefined ? {} : { telegramId: changes.telegram_id }),
    ...(changes.language === undefined ? {} : { language: changes.language }),
    ...(changes.time_zone === undefined ? {} : { timeZone: changes.time_zone }),
    ...(changes.birth_date === undefined ? {} : { birthDate: changes.birth_date }),
  };
  return columns;
}
