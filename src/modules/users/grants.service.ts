import { Injectable } from '@nestjs/common';
import { AuditTrail, by, type AuditEvent } from '../../platform/audit/index.js';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import type { GrantablePermission, Principal } from '../../platform/security/index.js';
import type { GrantsResponse } from './dto/role.response.js';
import { GrantsRepository } from './grants.repository.js';
import { UserError } from './users.errors.js';
import { mayGive } from './users.policy.js';
import { UsersRepository } from './users.repository.js';

/** Single rights over the server, given to a person besides roles and taken again. */
@Injectable()
export class GrantsService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly users: UsersRepository,
    private readonly grants: GrantsRepository,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws UserError `user_not_found` */
  list(userId: string): Promise<GrantsResponse> {
    return this.runner.runAsIdentity((tx) => this.read(tx, userId));
  }

  /** @throws UserError `user_not_found`, `not_yours_to_give` for a right that the giver lacks */
  give(giver: Principal, userId: string, permission: GrantablePermission): Promise<GrantsResponse> {
    if (!mayGive(giver.permissions, [permission])) throw new UserError('not_yours_to_give');
    return this.runner.runAsIdentity(async (tx) => {
      const before = await this.read(tx, userId);
      if (!(await this.grants.add(tx, userId, permission, giver.userId))) return before;
      await this.trail.record(tx, about(giver, 'grant.give', userId, permission));
      return this.read(tx, userId);
    });
  }

  /** @throws UserError `user_not_found`, `not_yours_to_give` for a right that the taker lacks */
  take(taker: Principal, userId: string, permission: GrantablePermission): Promise<GrantsResponse> {
    if (!mayGive(taker.permissions, [permission])) throw new UserError('not_yours_to_give');
    return this.runner.runAsIdentity(async (tx) => {
      const before = await this.read(tx, userId);
      if (!(await this.grants.remove(tx, userId, permission))) return before;
      await this.trail.record(tx, about(taker, 'grant.take', userId, permission));
      return this.read(tx, userId);
    });
  }

  private async read(tx: Transaction, userId: string): Promise<GrantsResponse> {
    if (!(await this.users.find(tx, userId))) throw new UserError('user_not_found');
    const grants = await this.grants.of(tx, userId);
    return { user_id: userId, permissions: grants.map(({ permission }) => permission) };
  }
}

const about = (actor: Principal, action: string, userId: string, permission: string): AuditEvent => ({
  ...by(actor, action),
  subjectUserId: userId,
  targetType: 'user',
  targetId: userId,
  details: { permission },
});
