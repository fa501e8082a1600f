import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Copies that people ask for of their data, and erasures of accounts.
 *
 * An account that is to be erased is `closing`: it opens nothing, its sessions are over, until its time has come or its
 * owner signs in again, which makes it `active` and forgets the erasure.
 */
export class Privacy1764010000000 implements MigrationInterface {
  readonly name = 'Privacy1764010000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...STATUS, ...TABLES, ...POLICIES, ...FUNCTIONS, ...GRANTS]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP FUNCTION app.forget_in_audit(uuid), app.forget_reasons(uuid)');
    await db.query('DROP POLICY audit_events_update ON audit_events');
    await db.query('CREATE POLICY audit_events_update ON audit_events FOR UPDATE USING (false)');
    await db.query('DROP TRIGGER users_reopened ON users');
    await db.query('DROP FUNCTION app.account_reopened()');
    await db.query('DROP TABLE privacy_erasures, privacy_exports');
    await db.query(`SELECT set_config('app.realm', 'identity', true)`);
    await db.query(`UPDATE users SET status = 'disabled' WHERE status = 'closing'`);
    await db.query(`SELECT set_config('app.realm', '', true)`);
    for (const statement of statusOf(`'active', 'disabled'`, `= 'disabled'`)) await db.query(statement);
  }
}

/** Which states of an account there are, and which of them end its sessions. */
const statusOf = (known: string, closed: string): string[] => [
  'ALTER TABLE users DROP CONSTRAINT users_status_check',
  `ALTER TABLE users ADD CONSTRAINT users_status_check CHECK (status IN (${known}))`,
  'DROP TRIGGER users_disabled ON users',
  `CREATE TRIGGER users_disabled AFTER UPDATE OF status ON users
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status ${closed}) EXECUTE FUNCTION app.account_disabled()`,
];

const STATUS = statusOf(`'active', 'disabled', 'closing'`, `IN ('disabled', 'closing')`);

const TABLES = [
  `CREATE TABLE privacy_exports (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'ready', 'failed')),
    file text CHECK (length(file) <= 100),
    size bigint,
    requested_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    CHECK ((state = 'ready') = (file IS NOT NULL))
  )`,
  `COMMENT ON COLUMN privacy_exports.file IS 'name below DATA_DIR/exports, which nobody can guess'`,
  `CREATE UNIQUE INDEX privacy_exports_waiting_idx ON privacy_exports (user_id) WHERE state = 'waiting'`,
  `CREATE INDEX privacy_exports_user_idx ON privacy_exports (user_id)`,
  `CREATE TABLE privacy_erasures (
    id uuid PRIMARY KEY,
    receipt_hash bytea NOT NULL CONSTRAINT privacy_erasures_receipt_key UNIQUE,
    user_id uuid,
    takes_families boolean NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    backups_until timestamptz,
    erased jsonb NOT NULL DEFAULT '{}',
    CHECK ((done_at IS NULL) = (user_id IS NOT NULL))
  )`,
  `COMMENT ON TABLE privacy_erasures IS 'one that is done names nobody: it stays as a receipt for whoever has its code'`,
  `COMMENT ON COLUMN privacy_erasures.erased IS 'how much was erased where'`,
  `CREATE UNIQUE INDEX privacy_erasures_user_idx ON privacy_erasures (user_id)`,
];

const IS_OWN = 'user_id = app.viewer_id() OR app.is_identity()';

const POLICIES = [
  ...(['privacy_exports', 'privacy_erasures'] as const).flatMap((table) => {
    const rule = table === 'privacy_exports' ? IS_OWN : 'app.is_identity() OR app.is_worker()';
    return [
      `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
      `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
      `CREATE POLICY ${table}_visible ON ${table} FOR SELECT USING (${rule})`,
      `CREATE POLICY ${table}_insert ON ${table} FOR INSERT WITH CHECK (${rule})`,
      `CREATE POLICY ${table}_update ON ${table} FOR UPDATE USING (${rule}) WITH CHECK (${rule})`,
      `CREATE POLICY ${table}_delete ON ${table} FOR DELETE USING (${rule})`,
    ];
  }),
  // No right to change anything comes with it: only app.forget_in_audit() can, and only of those who are no more.
  'DROP POLICY audit_events_update ON audit_events',
  `CREATE POLICY audit_events_update ON audit_events FOR UPDATE USING (
    app.is_identity() AND NOT EXISTS (SELECT FROM users u WHERE u.id = coalesce(actor_user_id, subject_user_id)))`,
];

const FUNCTIONS = [
  `CREATE FUNCTION app.account_reopened() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM public.privacy_erasures WHERE user_id = NEW.id;
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER users_reopened AFTER UPDATE OF status ON users
    FOR EACH ROW WHEN (OLD.status <> 'active' AND NEW.status = 'active') EXECUTE FUNCTION app.account_reopened()`,
  // What an event tells about where somebody was goes with their account; that it happened stays. Of nobody who is there.
  `CREATE FUNCTION app.forget_in_audit(person uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
      forgotten integer;
    BEGIN
      IF NOT app.is_identity() OR EXISTS (SELECT FROM public.users u WHERE u.id = person) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only of accounts that are erased';
      END IF;
      UPDATE public.audit_events SET address = NULL, user_agent = NULL, request_id = NULL
      WHERE (actor_user_id = person OR (actor_user_id IS NULL AND subject_user_id = person))
        AND (address IS NOT NULL OR user_agent IS NOT NULL OR request_id IS NOT NULL);
      GET DIAGNOSTICS forgotten = ROW_COUNT;
      RETURN forgotten;
    END $$`,
  // The words with which somebody contested what others said.
  `CREATE FUNCTION app.forget_reasons(member uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
      forgotten integer;
    BEGIN
      IF NOT app.is_worker() THEN
        RAISE insufficient_privilege USING MESSAGE = 'only in the course of an erasure';
      END IF;
      UPDATE public.memory_steps SET reason = 'contested_by_hand'
      WHERE family_id = app.family_id() AND actor_id = member AND step = 'contested' AND NOT is_automatic
        AND reason <> 'contested_by_hand';
      GET DIAGNOSTICS forgotten = ROW_COUNT;
      RETURN forgotten;
    END $$`,
  'REVOKE ALL ON FUNCTION app.forget_in_audit(uuid), app.forget_reasons(uuid) FROM PUBLIC',
];

const GRANTS = [
  'GRANT SELECT, INSERT, UPDATE, DELETE ON privacy_exports, privacy_erasures TO family_assistant_app',
  'GRANT EXECUTE ON FUNCTION app.forget_in_audit(uuid), app.forget_reasons(uuid), app.account_reopened() TO family_assistant_app',
];
