import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';

/** Counts what the language model is asked for. */
@Injectable()
export class ModelUsageRepository {
  /** Takes one of a family's requests of this day (UTC). @returns false when there is none left */
  async take(tx: Transaction, familyId: string, quota: number): Promise<boolean> {
    if (quota === 0) return false;
    const rows = await managerOf(tx).query<unknown[]>(
      `INSERT INTO memory_states AS s (family_id, model_day, model_calls) VALUES ($1, current_date, 1)
       ON CONFLICT (family_id) DO UPDATE SET model_day = excluded.model_day,
         model_calls = CASE WHEN s.model_day = excluded.model_day THEN s.model_calls + 1 ELSE 1 END
       WHERE s.model_day IS DISTINCT FROM excluded.model_day OR s.model_calls < $2
       RETURNING true`,
      [familyId, quota],
    );
    return rows.length > 0;
  }
}
