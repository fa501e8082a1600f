import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How often the language model was asked for a family: its daily quota holds across restarts. */
export class ModelUsage1763850000000 implements MigrationInterface {
  readonly name = 'ModelUsage1763850000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE memory_states ADD model_day date, ADD model_calls integer NOT NULL DEFAULT 0');
    await db.query(`COMMENT ON COLUMN memory_states.model_day IS 'day (UTC) on which model_calls were counted'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE memory_states DROP model_day, DROP model_calls');
  }
}
