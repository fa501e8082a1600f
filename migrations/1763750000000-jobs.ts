import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The queue, its dead letters and the schedules, in a schema of their own: they hold ids, never what people wrote, and
 * belong to no family, so row-level security has nothing to say about them.
 */
export class Jobs1763750000000 implements MigrationInterface {
  readonly name = 'Jobs1763750000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...GRANTS]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE jobs.schedule, jobs.dead_letter, jobs.job');
    await db.query('DROP SCHEMA jobs');
  }
}

// A wall against content: what a job needs it finds by the ids.
const PAYLOAD = `payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object' AND octet_length(payload::text) <= 2048)`;

const TABLES = [
  'CREATE SCHEMA jobs',
  // Rows come and go by the thousand: dead ones are collected early.
  `CREATE TABLE jobs.job (
    id uuid PRIMARY KEY,
    queue text NOT NULL CHECK (length(queue) BETWEEN 1 AND 100),
    ${PAYLOAD},
    key text CHECK (length(key) BETWEEN 1 AND 200),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'retrying')),
    priority smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL DEFAULT 'infinity',
    attempts smallint NOT NULL DEFAULT 0,
    lease uuid,
    error text,
    origin jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'running') = (lease IS NOT NULL))
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500)`,
  `COMMENT ON COLUMN jobs.job.due_at IS 'earliest start; of a running job the end of its lease, after which it counts as abandoned'`,
  `COMMENT ON COLUMN jobs.job.attempts IS 'how often it was started'`,
  `CREATE INDEX job_due_idx ON jobs.job (queue, priority DESC, due_at, id)`,
  `CREATE UNIQUE INDEX job_key_idx ON jobs.job (queue, key) WHERE state = 'waiting' AND key IS NOT NULL`,
  `CREATE INDEX job_expiry_idx ON jobs.job (expires_at) WHERE expires_at < 'infinity'`,
  `CREATE TABLE jobs.dead_letter (
    id uuid PRIMARY KEY,
    queue text NOT NULL,
    ${PAYLOAD},
    key text,
    priority smallint NOT NULL,
    attempts smallint NOT NULL,
    error text,
    origin jsonb,
    created_at timestamptz NOT NULL,
    died_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX dead_letter_queue_idx ON jobs.dead_letter (queue, id)`,
  `CREATE TABLE jobs.schedule (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 100),
    cron text NOT NULL,
    time_zone text NOT NULL,
    due_at timestamptz NOT NULL,
    lease uuid,
    started_at timestamptz,
    finished_at timestamptz,
    outcome text CHECK (outcome IN ('succeeded', 'failed', 'timed_out')),
    error text
  )`,
  `COMMENT ON COLUMN jobs.schedule.due_at IS 'next run; while it runs the end of its lease'`,
];

const GRANTS = [
  'GRANT USAGE ON SCHEMA jobs TO family_assistant_app',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON jobs.job, jobs.dead_letter, jobs.schedule TO family_assistant_app',
  // The embedded database collects no dead rows by itself; the application does, by the privilege that 17 brought.
  `DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 170000 THEN
      EXECUTE 'GRANT MAINTAIN ON jobs.job TO family_assistant_app';
    END IF;
  END $$`,
];
