import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../platform/database/index.js';
import type { GrantablePermission } from '../../platform/security/index.js';
import { UserGrant } from './user-grant.entity.js';

/** Every query on rights that are given besides roles. */
@Injectable()
export class GrantsRepository {
  of(tx: Transaction, userId: string): Promise<UserGrant[]> {
    return managerOf(tx).find(UserGrant, { where: { userId }, order: { permission: 'ASC' } });
  }

  /** Returns whether the person did not have it before. */
  async add(tx: Transaction, userId: string, permission: GrantablePermission, grantedBy: string): Promise<boolean> {
    const result = await managerOf(tx)
      .createQueryBuilder()
      .insert()
      .into(UserGrant)
      .values({ userId, permission, grantedBy, grantedAt: new Date() })
      .orIgnore()
      .returning('permission')
      .execute();
    return (result.raw as unknown[]).length > 0;
  }

  /** @returns how many there were */
  async deleteAll(tx: Transaction, userId: string): Promise<number> {
    return (await managerOf(tx).delete(UserGrant, { userId })).affected ?? 0;
  }

  /** Returns whether the person had it. */
  async remove(tx: Transaction, userId: string, permission: GrantablePermission): Promise<boolean> {
    return (await managerOf(tx).delete(UserGrant, { userId, permission })).affected === 1;
  }
}
