import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is looked for when sessions are forgotten, and when members and sessions take their devices along. */
export class EndedSessions1764290000000 implements MigrationInterface {
  readonly name = 'EndedSessions1764290000000';

  async up(db: QueryRunner): Promise<void> {
    for (const [index, place] of INDEXES) await db.query(`CREATE INDEX ${index} ON ${place}`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const [index] of INDEXES) await db.query(`DROP INDEX ${index}`);
  }
}

const INDEXES = [
  ['sessions_ended_idx', 'sessions (least(expires_at, revoked_at))'],
  ['devices_session_idx', 'devices (session_id)'],
  ['devices_member_idx', 'devices (family_id, member_id)'],
] as const;
