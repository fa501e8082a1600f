import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One row that the receiver of the write-ahead log writes every few seconds: it tells the server how the receiver
 * stands, and in a restored database it proves how far that reaches.
 */
export class WalReceiver1764310000000 implements MigrationInterface {
  readonly name = 'WalReceiver1764310000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE backup.receiver');
  }
}

const STATEMENTS = [
  `CREATE TABLE backup.receiver (
    id smallint PRIMARY KEY CHECK (id = 1),
    beat_at timestamptz NOT NULL,
    stored_through timestamptz,
    fault text CHECK (length(fault) <= 100),
    lag_bytes bigint NOT NULL,
    left_bytes bigint
  )`,
  `COMMENT ON TABLE backup.receiver IS 'how the receiver of the write-ahead log stands; no row where there is none'`,
  `COMMENT ON COLUMN backup.receiver.stored_through IS 'what was committed before is at the target'`,
  `COMMENT ON COLUMN backup.receiver.lag_bytes IS 'log that is written and not yet stored'`,
  `COMMENT ON COLUMN backup.receiver.left_bytes IS 'log until the server gives up the slot; null without a limit'`,
  'GRANT SELECT, INSERT, UPDATE, DELETE ON backup.receiver TO family_assistant_app',
];
