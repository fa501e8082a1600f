import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';

/** Counts what the language model is asked for. */
@Injectable()
export class ModelUsageRepository {
  /**
   * Takes one of a family's requests of this day (UTC).
   * @returns nothing, or when there is none left, the milliseconds until the next day
   */
  async take(tx: Transaction, familyId: string, quota: number): Promise<number | undefined> {
    const taken = await managerOf(tx).query<unknown[]>(
      `INSERT INTO memory_states AS s (family_id, model_day, model_calls) VALUES ($1, current_date, 1)
       ON CONFLICT (family_id) DO UPDATE SET model_day = excluded.model_day,
         model_calls = CASE WHEN s.model_day = excluded.model_day THEN s.model_calls + 1 ELSE 1 END
       WHERE s.model_day IS DISTINCT FROM excluded.model_day OR s.model_calls < $2
       RETURNING true`,
      [familyId, quota],
    );
    if (taken.length > 0) return undefined;
    const [row] = await managerOf(tx).query<{ wait: number }[]>(
      `SELECT (extract(epoch FROM current_date + interval '1 day' - localtimestamp) * 1000)::float8 AS wait`,
    );
    return row?.wait ?? 0;
  }

  /** Gives one back that cost nothing. */
  async giveBack(tx: Transaction, familyId: string): Promise<void> {
    await managerOf(tx).query(
      `UPDATE memory_states SET model_calls = model_calls - 1
       WHERE family_id = $1 AND model_day = current_date AND model_calls > 0`,
      [familyId],
    );
  }
}
