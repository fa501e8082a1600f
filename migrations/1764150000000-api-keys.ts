import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * API keys, and how many requests a person or a key has made today.
 *
 * A key enters as a session does: app.enter_key() finds it by the hash of its secret, app.enter() by its id, and both set
 * what row-level security looks at, besides `app.key_id`. Restrictive policies on that setting are the second wall: whoever
 * has entered by a key changes no account, no session and no key, whatever the code forgets.
 */
export class ApiKeys1764150000000 implements MigrationInterface {
  readonly name = 'ApiKeys1764150000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...POLICIES, ...FUNCTIONS, ENTER_BY_EITHER, ...GRANTS])
      await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const [table, command] of CLOSED_TO_KEYS) await db.query(`DROP POLICY ${table}_${command}_by_key ON ${table}`);
    await db.query(ENTER_BY_SESSION);
    for (const name of ['give_back_requests(uuid, date, int)', 'lease_requests(uuid, uuid, uuid, int)'])
      await db.query(`DROP FUNCTION app.${name}`);
    await db.query('DROP FUNCTION app.enter_key(bytea), app.enter_key_of(uuid)');
    await db.query('DROP TABLE daily_requests, api_keys');
    await db.query('DROP FUNCTION app.key_id()');
    await db.query('ALTER TABLE users DROP COLUMN max_requests_per_day');
  }
}

const TABLES = [
  `CREATE FUNCTION app.key_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.key_id', true), '')::uuid`,
  `CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    family_id uuid REFERENCES families ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    key_hash bytea NOT NULL CONSTRAINT api_keys_hash_key UNIQUE CHECK (length(key_hash) = 32),
    hint text NOT NULL CHECK (length(hint) = 4),
    scopes text[] NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 100),
    max_requests_per_day integer CHECK (max_requests_per_day > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz
  )`,
  `COMMENT ON COLUMN api_keys.family_id IS 'the family its owner acted in when it was made; it opens no other'`,
  `COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the secret, which has 178 random bits'`,
  `COMMENT ON COLUMN api_keys.hint IS 'first characters of the random part, to tell keys apart'`,
  `CREATE INDEX api_keys_user_idx ON api_keys (user_id, created_at DESC, id DESC)`,
  `CREATE INDEX api_keys_family_idx ON api_keys (family_id) WHERE family_id IS NOT NULL`,
  `ALTER TABLE users ADD COLUMN max_requests_per_day integer CHECK (max_requests_per_day > 0)`,
  `COMMENT ON COLUMN users.max_requests_per_day IS 'quota of this person; empty: that of the server'`,
  `CREATE TABLE daily_requests (
    subject_id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    api_key_id uuid REFERENCES api_keys ON DELETE CASCADE,
    day date NOT NULL,
    used integer NOT NULL CHECK (used >= 0),
    CHECK (subject_id = coalesce(api_key_id, user_id))
  )`,
  `COMMENT ON TABLE daily_requests IS 'requests handed out to the processes today, of a person or of one key'`,
  `CREATE INDEX daily_requests_user_idx ON daily_requests (user_id)`,
  `CREATE INDEX daily_requests_key_idx ON daily_requests (api_key_id) WHERE api_key_id IS NOT NULL`,
];

const RULES = [
  ['api_keys', 'user_id = app.viewer_id() OR app.is_identity()'],
  ['daily_requests', 'app.is_identity()'],
] as const;

/** What nobody who has entered by a key may do. */
const CLOSED_TO_KEYS = [
  ['users', 'update'],
  ['users', 'delete'],
  ['sessions', 'insert'],
  ['sessions', 'update'],
  ['sessions', 'delete'],
  ['api_keys', 'insert'],
  ['api_keys', 'update'],
  ['api_keys', 'delete'],
] as const;

const POLICIES = [
  ...RULES.flatMap(([table, rule]) => [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY ${table}_visible ON ${table} FOR SELECT USING (${rule})`,
    `CREATE POLICY ${table}_insert ON ${table} FOR INSERT WITH CHECK (${rule})`,
    `CREATE POLICY ${table}_update ON ${table} FOR UPDATE USING (${rule}) WITH CHECK (${rule})`,
    `CREATE POLICY ${table}_delete ON ${table} FOR DELETE USING (${rule})`,
  ]),
  ...CLOSED_TO_KEYS.map(
    ([table, command]) =>
      `CREATE POLICY ${table}_${command}_by_key ON ${table} AS RESTRICTIVE FOR ${command.toUpperCase()}
        ${command === 'insert' ? 'WITH CHECK' : 'USING'} (app.key_id() IS NULL OR app.is_identity())`,
  ),
];

const VIEWER_OUT = `OUT user_id uuid, OUT family_id uuid, OUT member_id uuid, OUT family_role text,
      OUT epoch integer, OUT access_version integer, OUT expires_at timestamptz`;

const FUNCTIONS = [
  // Reads a live key with everything that rights depend on, and makes its owner the viewer of this transaction, in the
  // family of the key alone: whoever has left that family opens nothing there by it.
  `CREATE FUNCTION app.enter_key_of(asked uuid, ${VIEWER_OUT})
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE
      outer_realm text := coalesce(current_setting('app.realm', true), '');
      bound uuid;
    BEGIN
      PERFORM set_config('app.realm', 'identity', true);
      SELECT u.id, k.family_id, u.epoch, u.access_version, k.expires_at
        INTO user_id, bound, epoch, access_version, expires_at
        FROM api_keys k JOIN users u ON u.id = k.user_id
        WHERE k.id = asked AND (k.expires_at IS NULL OR k.expires_at > now()) AND u.status = 'active';
      PERFORM set_config('app.realm', outer_realm, true), set_config('app.viewer_id', coalesce(user_id::text, ''), true),
        set_config('app.key_id', CASE WHEN user_id IS NULL THEN '' ELSE asked::text END, true),
        set_config('app.family_id', '', true);
      IF user_id IS NULL THEN
        RETURN;
      END IF;
      SELECT m.family_id, m.id, m.role INTO family_id, member_id, family_role
        FROM members m WHERE m.user_id = enter_key_of.user_id AND m.family_id = bound;
      PERFORM set_config('app.family_id', coalesce(family_id::text, ''), true),
        set_config('app.member_id', coalesce(member_id::text, ''), true),
        set_config('app.family_role', coalesce(family_role, ''), true);
    END $$`,
  // The same by the hash of the secret, with what the key itself says. Notes the use, at most once a minute; whoever would
  // have to wait for another request that notes it at this moment leaves it to that one.
  `CREATE FUNCTION app.enter_key(asked bytea, OUT key_id uuid, OUT scopes text[], OUT max_requests_per_day integer, ${VIEWER_OUT})
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE
      outer_realm text := coalesce(current_setting('app.realm', true), '');
      used_at timestamptz;
    BEGIN
      PERFORM set_config('app.realm', 'identity', true);
      SELECT k.id, k.scopes, k.max_requests_per_day, k.last_used_at INTO key_id, scopes, max_requests_per_day, used_at
        FROM api_keys k WHERE k.key_hash = asked;
      PERFORM set_config('app.realm', outer_realm, true);
      SELECT e.user_id, e.family_id, e.member_id, e.family_role, e.epoch, e.access_version, e.expires_at
        INTO user_id, family_id, member_id, family_role, epoch, access_version, expires_at
        FROM app.enter_key_of(key_id) AS e;
      IF user_id IS NOT NULL AND (used_at IS NULL OR used_at < now() - interval '1 minute') THEN
        PERFORM set_config('app.realm', 'identity', true);
        UPDATE api_keys SET last_used_at = now() WHERE id =
          (SELECT k.id FROM api_keys k WHERE k.id = enter_key.key_id AND k.last_used_at IS NOT DISTINCT FROM used_at FOR UPDATE SKIP LOCKED);
        PERFORM set_config('app.realm', outer_realm, true);
      END IF;
    END $$`,
  // Hands a process some of what is left of today's requests, fewer the less is left, so that none of several processes
  // keeps what another one needs. The day is that of the family's zone, without a family that of the person's.
  `CREATE FUNCTION app.lease_requests(person uuid, by_key uuid, family uuid, standard int,
      OUT granted int, OUT allowed int, OUT today date, OUT used_before int, OUT resets_in int)
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE
      outer_realm text := coalesce(current_setting('app.realm', true), '');
      outer_family text := coalesce(current_setting('app.family_id', true), '');
      zone text;
      local_day date;
    BEGIN
      PERFORM set_config('app.realm', 'identity', true), set_config('app.family_id', coalesce(family::text, ''), true);
      SELECT coalesce(u.max_requests_per_day, standard), coalesce(f.time_zone, u.time_zone) INTO allowed, zone
        FROM users u LEFT JOIN families f ON f.id = family WHERE u.id = person;
      IF by_key IS NOT NULL THEN
        SELECT k.max_requests_per_day INTO allowed FROM api_keys k WHERE k.id = by_key;
      END IF;
      IF allowed IS NOT NULL THEN
        BEGIN
          local_day := now() AT TIME ZONE zone;
        EXCEPTION WHEN invalid_parameter_value THEN -- a zone that Node knows and this PostgreSQL does not
          zone := 'UTC';
          local_day := now() AT TIME ZONE zone;
        END;
        INSERT INTO daily_requests AS d (subject_id, user_id, api_key_id, day, used)
          VALUES (coalesce(by_key, person), person, by_key, local_day, 0)
          ON CONFLICT (subject_id) DO UPDATE SET day = greatest(d.day, excluded.day),
            used = CASE WHEN excluded.day > d.day THEN 0 ELSE d.used END
          RETURNING d.day, d.used INTO today, used_before;
        granted := greatest(0, least(allowed - used_before, greatest(1, least(64, (allowed - used_before) / 16))));
        resets_in := greatest(1, ceil(extract(epoch FROM ((today + 1)::timestamp AT TIME ZONE zone) - now())));
        UPDATE daily_requests SET used = used + granted WHERE subject_id = coalesce(by_key, person) AND granted > 0;
      END IF;
      PERFORM set_config('app.realm', outer_realm, true), set_config('app.family_id', outer_family, true);
    END $$`,
  // Takes back what a process that ends has not used.
  `CREATE FUNCTION app.give_back_requests(subject uuid, of_day date, unused int) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      outer_realm text := coalesce(current_setting('app.realm', true), '');
    BEGIN
      PERFORM set_config('app.realm', 'identity', true);
      UPDATE daily_requests SET used = greatest(0, used - unused) WHERE subject_id = subject AND day = of_day;
      PERFORM set_config('app.realm', outer_realm, true);
    END $$`,
];

/** The first statement of every transaction on behalf of a person, who has come by a session or by a key. */
const enter = (find: string): string => `CREATE OR REPLACE FUNCTION app.enter(asked uuid, known_version integer,
      OUT is_live boolean, OUT user_id uuid, OUT family_id uuid, OUT member_id uuid)
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE
      session record;
    BEGIN
      ${find}
      is_live := session.user_id IS NOT NULL AND session.access_version = known_version;
      IF NOT is_live THEN
        PERFORM set_config('app.viewer_id', '', true), set_config('app.family_id', '', true);
        RETURN;
      END IF;
      user_id := session.user_id;
      family_id := session.family_id;
      member_id := session.member_id;
    END $$`;

const ENTER_BY_SESSION = enter('session := app.enter_session(asked);');
const ENTER_BY_EITHER = enter(`session := app.enter_session(asked);
      IF session.user_id IS NULL THEN
        session := app.enter_key_of(asked);
      END IF;`);

const GRANTS = [
  ...RULES.map(([table]) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO family_assistant_app`),
  `GRANT EXECUTE ON FUNCTION app.key_id(), app.enter_key_of(uuid), app.enter_key(bytea),
     app.lease_requests(uuid, uuid, uuid, int), app.give_back_requests(uuid, date, int) TO family_assistant_app`,
];
