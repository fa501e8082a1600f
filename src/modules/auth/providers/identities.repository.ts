import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';
import { Identity } from './identity.entity.js';

/** Every query on identities. */
@Injectable()
export class IdentitiesRepository {
  find(tx: Transaction, issuer: string, subject: string): Promise<Identity | null> {
    return managerOf(tx).findOneBy(Identity, { issuer, subject });
  }

  /** All of an account, oldest first. */
  ofUser(tx: Transaction, userId: string): Promise<Identity[]> {
    return managerOf(tx).find(Identity, { where: { userId }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  async insert(tx: Transaction, identity: Identity): Promise<void> {
    await managerOf(tx).insert(Identity, identity);
  }

  /** @returns false when it was unlinked meanwhile */
  async update(tx: Transaction, id: string, changes: Partial<Identity>): Promise<boolean> {
    return (await managerOf(tx).update(Identity, { id }, changes)).affected === 1;
  }

  /** As they are given to their owner in a copy. */
  copy(tx: Transaction, userId: string): Promise<Record<string, unknown>[]> {
    return managerOf(tx).query(
      `SELECT id, provider, issuer, subject, email, created_at, last_used_at
       FROM identities WHERE user_id = $1 ORDER BY created_at, id`,
      [userId],
    );
  }

  /** @returns how many there were */
  async deleteAll(tx: Transaction, userId: string): Promise<number> {
    return (await managerOf(tx).delete(Identity, { userId })).affected ?? 0;
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await managerOf(tx).delete(Identity, { id });
  }
}
