import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { managerOf, type Transaction } from '../../../platform/database/index.js';
import { UsedTelegramProof } from './telegram-proof.entity.js';

/** Every query on used proofs. */
@Injectable()
export class TelegramRepository {
  /** Uses a proof up; false when it was used before. Of parallel callers one gets true. */
  async use(tx: Transaction, hash: Buffer, expiresAt: Date): Promise<boolean> {
    const result = await managerOf(tx)
      .createQueryBuilder()
      .insert()
      .into(UsedTelegramProof)
      .values({ hash, expiresAt })
      .orIgnore()
      .returning('hash')
      .execute();
    return (result.raw as unknown[]).length > 0;
  }

  async deleteExpired(tx: Transaction, now: Date): Promise<void> {
    await managerOf(tx).delete(UsedTelegramProof, { expiresAt: LessThan(now) });
  }
}
