import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Runs of backups, in a schema of their own: they hold sizes, times and codes, nothing that people wrote, and belong to
 * no family. The backups themselves are where the settings say; this is what the server remembers of them.
 */
export class Backup1764300000000 implements MigrationInterface {
  readonly name = 'Backup1764300000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE backup.run');
    await db.query('DROP SCHEMA backup');
  }
}

const STATEMENTS = [
  'CREATE SCHEMA backup',
  `CREATE TABLE backup.run (
    id uuid PRIMARY KEY,
    sequence bigint UNIQUE CHECK (sequence > 0),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'succeeded', 'failed')),
    cause text NOT NULL CHECK (cause IN ('schedule', 'request', 'command', 'found')),
    requested_by uuid,
    phase text CHECK (length(phase) <= 40),
    done bigint NOT NULL DEFAULT 0,
    total bigint,
    error text CHECK (length(error) <= 100),
    size bigint,
    manifest_sha256 text CHECK (length(manifest_sha256) = 64),
    snapshot_at timestamptz,
    requested_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    verification text CHECK (verification IN ('pending', 'verified', 'failed', 'no_key')),
    verification_error text CHECK (length(verification_error) <= 100),
    verified_at timestamptz,
    drill_seconds real,
    reread_at timestamptz,
    stored text CHECK (stored IN ('present', 'missing', 'damaged', 'trash', 'deleted')),
    CHECK ((state = 'succeeded') = (sequence IS NOT NULL))
  )`,
  `COMMENT ON TABLE backup.run IS 'what the server remembers of its backups; the manifests at their target are what counts'`,
  `COMMENT ON COLUMN backup.run.done IS 'bytes, or tables, of the phase'`,
  `CREATE UNIQUE INDEX run_waiting_idx ON backup.run (state) WHERE state = 'waiting'`,
  'CREATE INDEX run_requested_idx ON backup.run (requested_at DESC, id DESC)',
  'GRANT USAGE ON SCHEMA backup TO family_assistant_app',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON backup.run TO family_assistant_app',
];
