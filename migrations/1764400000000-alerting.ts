import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the server remembers of its alerts: silences, episodes and notifications for the history, the last proof of each
 * channel, and when an expected watchdog was last heard. Nothing here is needed to tell of an alert: that is done from a
 * journal outside of the database.
 *
 * It belongs to no family, and nobody but those who run the server reads it: its policies know the realm `identity` alone.
 */
export class Alerting1764400000000 implements MigrationInterface {
  readonly name = 'Alerting1764400000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...TABLE_NAMES.flatMap(walled)]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of TABLE_NAMES.toReversed()) await db.query(`DROP TABLE ${table}`);
  }
}

const TABLE_NAMES = ['alert_silences', 'alert_episodes', 'alert_notifications', 'alert_channels', 'alert_watchdogs'];

const TABLES = [
  `CREATE TABLE alert_silences (
    id uuid PRIMARY KEY,
    matchers jsonb NOT NULL CHECK (jsonb_typeof(matchers) = 'array' AND octet_length(matchers::text) <= 16384),
    comment text NOT NULL CHECK (length(comment) BETWEEN 1 AND 1000),
    created_by uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    expired_at timestamptz,
    request_key text CHECK (length(request_key) <= 255),
    request_hash text CHECK (length(request_hash) = 64),
    CHECK (ends_at > starts_at),
    CHECK ((request_key IS NULL) = (request_hash IS NULL))
  )`,
  `COMMENT ON COLUMN alert_silences.expired_at IS 'when somebody ended it before its time'`,
  `COMMENT ON COLUMN alert_silences.request_key IS 'the Idempotency-Key by which it was asked for'`,
  'CREATE INDEX alert_silences_page_idx ON alert_silences (created_at DESC, id DESC)',
  'CREATE INDEX alert_silences_live_idx ON alert_silences (ends_at) WHERE expired_at IS NULL',
  `CREATE UNIQUE INDEX alert_silences_request_idx ON alert_silences (created_by, request_key) WHERE request_key IS NOT NULL`,
  `CREATE TABLE alert_episodes (
    id uuid PRIMARY KEY,
    fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{32}$'),
    source text NOT NULL CHECK (length(source) <= 32),
    rule text NOT NULL CHECK (length(rule) <= 1024),
    severity text NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
    labels jsonb NOT NULL CHECK (jsonb_typeof(labels) = 'object'),
    annotations jsonb NOT NULL CHECK (jsonb_typeof(annotations) = 'object'),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    UNIQUE (fingerprint, starts_at)
  )`,
  `COMMENT ON COLUMN alert_episodes.ends_at IS 'null while it fires'`,
  'CREATE INDEX alert_episodes_page_idx ON alert_episodes (starts_at DESC, id DESC)',
  'CREATE INDEX alert_episodes_rule_idx ON alert_episodes (rule, starts_at DESC, id DESC)',
  `CREATE INDEX alert_episodes_open_idx ON alert_episodes (source, fingerprint) WHERE ends_at IS NULL`,
  `CREATE TABLE alert_notifications (
    id text PRIMARY KEY CHECK (length(id) <= 128),
    notification text NOT NULL CHECK (length(notification) <= 128),
    channel text NOT NULL CHECK (length(channel) <= 32),
    outcome text NOT NULL CHECK (outcome IN ('notified', 'undelivered')),
    code text CHECK (length(code) <= 100),
    attempts integer NOT NULL CHECK (attempts >= 0),
    at timestamptz NOT NULL,
    episodes text[] NOT NULL
  )`,
  `COMMENT ON TABLE alert_notifications IS 'what became of each notification on each channel'`,
  `COMMENT ON COLUMN alert_notifications.episodes IS 'fingerprint, slash, milliseconds since 1970 at which it began'`,
  'CREATE INDEX alert_notifications_at_idx ON alert_notifications (at)',
  'CREATE INDEX alert_notifications_episodes_idx ON alert_notifications USING gin (episodes)',
  `CREATE TABLE alert_channels (
    channel text PRIMARY KEY CHECK (length(channel) <= 32),
    verified_at timestamptz NOT NULL
  )`,
  `COMMENT ON TABLE alert_channels IS 'when a channel last took something, from whichever process'`,
  `CREATE TABLE alert_watchdogs (
    name text PRIMARY KEY CHECK (length(name) <= 64),
    seen_at timestamptz NOT NULL
  )`,
  `COMMENT ON TABLE alert_watchdogs IS 'when an expected sign of life from outside was last heard, by whichever process'`,
];

const walled = (table: string): string[] => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY ${table}_visible ON ${table} FOR SELECT USING ((SELECT app.is_identity()))`,
  `CREATE POLICY ${table}_insert ON ${table} FOR INSERT WITH CHECK (app.is_identity())`,
  `CREATE POLICY ${table}_update ON ${table} FOR UPDATE USING (app.is_identity()) WITH CHECK (app.is_identity())`,
  `CREATE POLICY ${table}_delete ON ${table} FOR DELETE USING (app.is_identity())`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO family_assistant_app`,
];
