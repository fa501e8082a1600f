import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../platform/database/index.js';
import { Credential } from './credential.entity.js';

/** Every query on passwords. */
@Injectable()
export class CredentialsRepository {
  async findHash(tx: Transaction, userId: string): Promise<string | undefined> {
    return (await managerOf(tx).findOneBy(Credential, { userId }))?.passwordHash;
  }

  async delete(tx: Transaction, userId: string): Promise<void> {
    await managerOf(tx).delete(Credential, { userId });
  }

  async save(tx: Transaction, userId: string, passwordHash: string): Promise<void> {
    await managerOf(tx).upsert(Credential, { userId, passwordHash, changedAt: new Date() }, ['userId']);
  }
}
