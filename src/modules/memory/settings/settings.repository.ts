import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';

/** What a family has decided about its memory. */
export interface MemorySettings {
  /** Whether facts are read from what users say in conversations. */
  readonly extract: boolean;
  /** Days after which turns are erased; null keeps them. */
  readonly turnRetentionDays: number | null;
}

/** Every query on a family's settings and on keys of repeated requests. */
@Injectable()
export class SettingsRepository {
  async find(tx: Transaction, familyId: string): Promise<MemorySettings | undefined> {
    const [row] = await managerOf(tx).query<MemorySettings[]>(
      `SELECT extract, turn_retention_days AS "turnRetentionDays" FROM memory_settings WHERE family_id = $1`,
      [familyId],
    );
    return row;
  }

  async save(tx: Transaction, familyId: string, { extract, turnRetentionDays }: MemorySettings): Promise<void> {
    await managerOf(tx).query(
      `INSERT INTO memory_settings (family_id, extract, turn_retention_days) VALUES ($1, $2, $3)
       ON CONFLICT (family_id) DO UPDATE SET extract = excluded.extract, turn_retention_days = excluded.turn_retention_days,
         updated_at = now()`,
      [familyId, extract, turnRetentionDays],
    );
  }
}
