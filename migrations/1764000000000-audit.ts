import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who did what to what, when, from where, and whether it was refused. Append-only: the application's role may insert rows
 * and read those it may see, and has no right to change, erase or empty anything. The time is the database's own.
 *
 * No foreign keys: what somebody did remains known when they are gone.
 */
export class Audit1764000000000 implements MigrationInterface {
  readonly name = 'Audit1764000000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...POLICIES, ...FUNCTIONS, ...GRANTS]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP FUNCTION app.expire_audit_events(integer, integer)');
    await db.query('DROP TABLE audit_events');
  }
}

/** Days for which nobody but a superuser can erase an event, whatever is configured. */
const KEPT_DAYS = 365;

const TABLES = [
  `CREATE TABLE audit_events (
    id uuid PRIMARY KEY,
    occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    action text NOT NULL CHECK (action ~ '^[a-z][a-z_]*([.][a-z][a-z_]*)+$' AND length(action) <= 64),
    outcome text NOT NULL CHECK (outcome IN ('success', 'refused')),
    actor_user_id uuid,
    subject_user_id uuid,
    family_id uuid,
    target_type text CHECK (length(target_type) <= 64),
    target_id text CHECK (length(target_id) <= 128),
    address text CHECK (length(address) <= 64),
    user_agent text CHECK (length(user_agent) <= 256),
    request_id text CHECK (length(request_id) <= 64),
    details jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object' AND octet_length(details::text) <= 4096)
  )`,
  `COMMENT ON COLUMN audit_events.actor_user_id IS 'who did it; null for background jobs and for those who are not signed in'`,
  `COMMENT ON COLUMN audit_events.subject_user_id IS 'whose account or data it concerns, where that is one person'`,
  `CREATE INDEX audit_events_page_idx ON audit_events (occurred_at DESC, id DESC)`,
  `CREATE INDEX audit_events_actor_idx ON audit_events (actor_user_id, occurred_at DESC, id DESC) WHERE actor_user_id IS NOT NULL`,
  `CREATE INDEX audit_events_subject_idx ON audit_events (subject_user_id, occurred_at DESC, id DESC) WHERE subject_user_id IS NOT NULL`,
];

const IS_EXPIRED = `occurred_at < now() - interval '${String(KEPT_DAYS)} days'`;

const POLICIES = [
  'ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE audit_events FORCE ROW LEVEL SECURITY',
  `CREATE POLICY audit_events_visible ON audit_events FOR SELECT USING (
    (SELECT app.is_identity()) OR actor_user_id = (SELECT app.viewer_id()) OR subject_user_id = (SELECT app.viewer_id())
    OR ((SELECT app.is_worker()) AND ${IS_EXPIRED}))`,
  // Who is signed in tells of themselves and of their family only; before that, and in jobs, there is nobody to compare with.
  `CREATE POLICY audit_events_insert ON audit_events FOR INSERT WITH CHECK (
    app.is_identity() OR app.is_worker()
    OR (actor_user_id = app.viewer_id() AND (family_id IS NULL OR family_id = app.family_id())))`,
  'CREATE POLICY audit_events_update ON audit_events FOR UPDATE USING (false)',
  `CREATE POLICY audit_events_delete ON audit_events FOR DELETE USING (${IS_EXPIRED})`,
];

const FUNCTIONS = [
  // The only way to erase events: those past their time, some at once. A shorter time than the least one is not heard.
  `CREATE FUNCTION app.expire_audit_events(days integer, most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
      erased integer;
    BEGIN
      DELETE FROM public.audit_events WHERE id IN (
        SELECT e.id FROM public.audit_events e
        WHERE e.occurred_at < now() - make_interval(days => greatest(days, ${String(KEPT_DAYS)}))
        ORDER BY e.occurred_at LIMIT most);
      GET DIAGNOSTICS erased = ROW_COUNT;
      RETURN erased;
    END $$`,
  'REVOKE ALL ON FUNCTION app.expire_audit_events(integer, integer) FROM PUBLIC',
];

const GRANTS = [
  // Not the time: nobody dates an event back.
  `GRANT SELECT, INSERT (id, action, outcome, actor_user_id, subject_user_id, family_id, target_type, target_id, address,
     user_agent, request_id, details) ON audit_events TO family_assistant_app`,
  'GRANT EXECUTE ON FUNCTION app.expire_audit_events(integer, integer) TO family_assistant_app',
];
