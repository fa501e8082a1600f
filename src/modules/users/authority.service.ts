import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/index.js';
import {
  GRANTABLE_PERMISSIONS,
  SERVER_ROLE_PERMISSIONS,
  type Permission,
  type Principal,
} from '../../platform/security/index.js';
import { GrantsRepository } from './grants.repository.js';
import { UserError } from './users.errors.js';
import { mayGive } from './users.policy.js';
import { UsersRepository } from './users.repository.js';

const OVER_SERVER: ReadonlySet<Permission> = new Set<Permission>([...GRANTABLE_PERMISSIONS, 'admin:*']);

/** Those of some rights that are over the server; those over one's own account everybody has, or may not. */
export const ofServer = (permissions: readonly Permission[]): readonly Permission[] =>
  permissions.filter((permission) => OVER_SERVER.has(permission));

/** Who may change whose account: nobody takes rights away, with the account, that they do not have themselves. */
@Injectable()
export class AuthorityService {
  constructor(
    private readonly users: UsersRepository,
    private readonly grants: GrantsRepository,
  ) {}

  /** @throws UserError `not_yours_to_give` where the account has a right over the server that the actor lacks */
  async requireOver(tx: Transaction, actor: Principal, userId: string): Promise<void> {
    const roles = (await this.users.rolesOf(tx, [userId])).get(userId) ?? [];
    const grants = (await this.grants.of(tx, userId)).map(({ permission }) => permission);
    const rights = [...roles.flatMap((role) => SERVER_ROLE_PERMISSIONS[role]), ...grants];
    if (!mayGive(actor.permissions, ofServer(rights))) throw new UserError('not_yours_to_give');
  }
}
