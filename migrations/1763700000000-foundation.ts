import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Accounts, sessions, families, and the second wall around them.
 *
 * Every table has forced row-level security. What a transaction may see follows from settings that live as long as it:
 *   app.viewer_id, app.family_id, app.member_id, app.family_role   set by app.enter() from a live session
 *   app.realm = 'identity'   sign-in, registration, administration of accounts: accounts and sessions, no family's rows
 *   app.invitation_hash      proof of holding an invitation's code: shows that one invitation
 * With none set there are no rows.
 */
export class Foundation1763700000000 implements MigrationInterface {
  readonly name = 'Foundation1763700000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [
      ...ROLE,
      ...EXTENSIONS,
      ...CONTEXT,
      ...TABLES,
      ...POLICIES,
      ...FUNCTIONS,
      ...TRIGGERS,
      ...GRANTS,
    ]) {
      await db.query(statement);
    }
  }

  /** The role and the extensions belong to the server, which may have other users of them: they stay. */
  async down(db: QueryRunner): Promise<void> {
    // At once, because their policies look into each other.
    await db.query(
      'DROP TABLE invitations, refresh_tokens, sessions, members, families, user_roles, credentials, users',
    );
    await db.query('DROP SCHEMA app CASCADE');
    await db.query('REVOKE ALL ON migrations FROM family_assistant_app');
    await db.query('REVOKE USAGE ON SCHEMA public FROM family_assistant_app');
  }
}

const ROLE = [
  `DO $$
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'family_assistant_app') THEN
      BEGIN
        CREATE ROLE family_assistant_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server made it meanwhile
        WHEN insufficient_privilege THEN
          RAISE EXCEPTION 'the owner cannot create roles; let an administrator run: CREATE ROLE family_assistant_app NOLOGIN; GRANT family_assistant_app TO %', current_user;
      END;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper)
       AND NOT EXISTS (
         SELECT FROM pg_auth_members m
         JOIN pg_roles granted ON granted.oid = m.roleid JOIN pg_roles owner ON owner.oid = m.member
         WHERE granted.rolname = 'family_assistant_app' AND owner.rolname = current_user AND NOT m.admin_option
       ) THEN
      EXECUTE format('GRANT family_assistant_app TO %I', current_user);
    END IF;
  END $$`,
];

const EXTENSIONS = ['vector', 'pg_trgm', 'unaccent', 'btree_gist'].map(
  (extension) => `CREATE EXTENSION IF NOT EXISTS ${extension}`,
);

const CONTEXT = [
  'CREATE SCHEMA app',
  ...['viewer_id', 'family_id', 'member_id'].map(
    (setting) => `CREATE FUNCTION app.${setting}() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
      RETURN nullif(current_setting('app.${setting}', true), '')::uuid`,
  ),
  `CREATE FUNCTION app.is_identity() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('app.realm', true), '') = 'identity'`,
];

const TABLES = [
  `CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    username text CHECK (length(username) BETWEEN 3 AND 32),
    telegram_id bigint CHECK (telegram_id > 0),
    first_name text NOT NULL CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name text CHECK (length(last_name) BETWEEN 1 AND 100),
    language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'es', 'bilingual')),
    time_zone text NOT NULL DEFAULT 'UTC',
    birth_date date,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
    epoch integer NOT NULL DEFAULT 0,
    access_version integer NOT NULL DEFAULT 0,
    email_verified_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_email_key UNIQUE (email),
    CONSTRAINT users_username_key UNIQUE (username),
    CONSTRAINT users_telegram_id_key UNIQUE (telegram_id)
  )`,
  `COMMENT ON COLUMN users.epoch IS 'part of every access token; raising it ends all of them'`,
  `COMMENT ON COLUMN users.access_version IS 'raised by triggers whenever the rights of the person change'`,
  `CREATE TABLE credentials (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    password_hash text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE user_roles (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('admin', 'operator', 'user', 'viewer')),
    assigned_by uuid,
    assigned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, role)
  )`,
  `CREATE INDEX user_roles_role_idx ON user_roles (role)`,
  `CREATE TABLE families (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'es', 'bilingual')),
    time_zone text NOT NULL DEFAULT 'UTC',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE members (
    id uuid PRIMARY KEY,
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    user_id uuid REFERENCES users ON DELETE SET NULL,
    first_name text NOT NULL CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name text CHECK (length(last_name) BETWEEN 1 AND 100),
    telegram_id bigint CHECK (telegram_id > 0),
    role text NOT NULL CHECK (role IN ('parent', 'teenager', 'child', 'grandparent')),
    age_group text NOT NULL CHECK (age_group IN ('child', 'teen', 'adult', 'elder')),
    language_preference text NOT NULL DEFAULT 'en' CHECK (language_preference IN ('en', 'es', 'bilingual')),
    active_skills text[] NOT NULL DEFAULT '{}',
    birth_date date,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT members_family_user_key UNIQUE (family_id, user_id),
    CONSTRAINT members_family_telegram_key UNIQUE (family_id, telegram_id),
    CONSTRAINT members_family_id_key UNIQUE (family_id, id)
  )`,
  `CREATE INDEX members_page_idx ON members (family_id, created_at, id)`,
  `CREATE INDEX members_user_idx ON members (user_id) WHERE user_id IS NOT NULL`,
  `CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    family_id uuid REFERENCES families ON DELETE SET NULL,
    delivery text NOT NULL CHECK (delivery IN ('body', 'cookie')),
    remember_me boolean NOT NULL,
    device text,
    address text,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text CHECK (revoked_reason IN ('logout', 'revoked', 'reuse', 'password', 'disabled'))
  )`,
  `COMMENT ON COLUMN sessions.family_id IS 'the family the person chose; the oldest membership counts where that one has ended'`,
  `CREATE INDEX sessions_user_idx ON sessions (user_id, last_used_at DESC)`,
  `CREATE TABLE refresh_tokens (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT refresh_tokens_hash_key UNIQUE,
    successor_id uuid,
    successor_salt bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    replaced_at timestamptz,
    CHECK ((replaced_at IS NULL) = (successor_id IS NULL) AND (replaced_at IS NULL) = (successor_salt IS NULL))
  )`,
  `CREATE UNIQUE INDEX refresh_tokens_one_current_idx ON refresh_tokens (session_id) WHERE replaced_at IS NULL`,
  `CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (session_id)`,
  `CREATE TABLE invitations (
    id uuid PRIMARY KEY,
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    code_hash bytea NOT NULL CONSTRAINT invitations_code_key UNIQUE,
    role text NOT NULL CHECK (role IN ('parent', 'teenager', 'grandparent')),
    member_id uuid,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by uuid,
    FOREIGN KEY (family_id, member_id) REFERENCES members (family_id, id) ON DELETE CASCADE,
    FOREIGN KEY (created_by) REFERENCES users ON DELETE SET NULL,
    FOREIGN KEY (accepted_by) REFERENCES users ON DELETE SET NULL
  )`,
  `CREATE INDEX invitations_family_idx ON invitations (family_id, created_at DESC)`,
];

/** Condition under which rows can be seen, and, where it differs, under which they can be written. */
const RULES: readonly (readonly [table: string, visible: string, writable?: string])[] = [
  ['users', 'id = app.viewer_id() OR app.is_identity()'],
  ['credentials', 'app.is_identity()'],
  ['user_roles', 'user_id = app.viewer_id() OR app.is_identity()', 'app.is_identity()'],
  ['sessions', 'user_id = app.viewer_id() OR app.is_identity()'],
  ['refresh_tokens', 'app.is_identity()'],
  [
    'families',
    'id = app.family_id() OR id IN (SELECT family_id FROM members WHERE user_id = app.viewer_id())',
    'id = app.family_id()',
  ],
  ['members', 'family_id = app.family_id() OR user_id = app.viewer_id()', 'family_id = app.family_id()'],
  [
    'invitations',
    `family_id = app.family_id() OR code_hash = decode(nullif(current_setting('app.invitation_hash', true), ''), 'hex')`,
    'family_id = app.family_id()',
  ],
];

const POLICIES = RULES.flatMap(([table, visible, writable = visible]) => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY ${table}_visible ON ${table} FOR SELECT USING (${visible})`,
  `CREATE POLICY ${table}_insert ON ${table} FOR INSERT WITH CHECK (${writable})`,
  `CREATE POLICY ${table}_update ON ${table} FOR UPDATE USING (${writable}) WITH CHECK (${writable})`,
  `CREATE POLICY ${table}_delete ON ${table} FOR DELETE USING (${writable})`,
]);

const FUNCTIONS = [
  // Reads a live session with everything that rights depend on, and makes it the viewer of this transaction.
  `CREATE FUNCTION app.enter_session(asked uuid, OUT user_id uuid, OUT family_id uuid, OUT member_id uuid, OUT family_role text,
      OUT epoch integer, OUT access_version integer, OUT expires_at timestamptz)
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE
      outer_realm text := coalesce(current_setting('app.realm', true), '');
      chosen uuid;
    BEGIN
      PERFORM set_config('app.realm', 'identity', true);
      SELECT u.id, s.family_id, u.epoch, u.access_version, s.expires_at
        INTO user_id, chosen, epoch, access_version, expires_at
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.id = asked AND s.revoked_at IS NULL AND s.expires_at > now() AND u.status = 'active';
      PERFORM set_config('app.realm', outer_realm, true), set_config('app.viewer_id', coalesce(user_id::text, ''), true),
        set_config('app.family_id', '', true);
      IF user_id IS NULL THEN
        RETURN;
      END IF;
      SELECT m.family_id, m.id, m.role INTO family_id, member_id, family_role
        FROM members m WHERE m.user_id = enter_session.user_id
        ORDER BY (m.family_id = chosen) IS TRUE DESC, m.created_at, m.id LIMIT 1;
      PERFORM set_config('app.family_id', coalesce(family_id::text, ''), true),
        set_config('app.member_id', coalesce(member_id::text, ''), true),
        set_config('app.family_role', coalesce(family_role, ''), true);
    END $$`,
  // The first statement of every transaction on behalf of a person: is the session live, are the rights unchanged?
  `CREATE FUNCTION app.enter(asked uuid, known_version integer,
      OUT is_live boolean, OUT user_id uuid, OUT family_id uuid, OUT member_id uuid)
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE
      session record;
    BEGIN
      session := app.enter_session(asked);
      is_live := session.user_id IS NOT NULL AND session.access_version = known_version;
      IF NOT is_live THEN
        PERFORM set_config('app.viewer_id', '', true), set_config('app.family_id', '', true);
        RETURN;
      END IF;
      user_id := session.user_id;
      family_id := session.family_id;
      member_id := session.member_id;
    END $$`,
];

const TRIGGERS = [
  // Whatever changes a person's rights raises access_version, so rights read before are recognised as old.
  // Not by the function's SET clause: only a superuser may write one for a setting of our own.
  `CREATE FUNCTION app.touch_access(changed uuid) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      outer_realm text := coalesce(current_setting('app.realm', true), '');
    BEGIN
      PERFORM set_config('app.realm', 'identity', true);
      UPDATE public.users SET access_version = access_version + 1 WHERE id = changed;
      PERFORM set_config('app.realm', outer_realm, true);
    END $$`,
  `CREATE FUNCTION app.rights_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP <> 'INSERT' AND OLD.user_id IS NOT NULL THEN PERFORM app.touch_access(OLD.user_id); END IF;
      IF TG_OP <> 'DELETE' AND NEW.user_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.user_id IS DISTINCT FROM OLD.user_id) THEN
        PERFORM app.touch_access(NEW.user_id);
      END IF;
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER members_rights AFTER INSERT OR DELETE OR UPDATE OF role, user_id, family_id ON members
    FOR EACH ROW EXECUTE FUNCTION app.rights_changed()`,
  `CREATE TRIGGER user_roles_rights AFTER INSERT OR DELETE OR UPDATE ON user_roles
    FOR EACH ROW EXECUTE FUNCTION app.rights_changed()`,
  `CREATE FUNCTION app.account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.access_version := OLD.access_version + 1;
      RETURN NEW;
    END $$`,
  `CREATE TRIGGER users_rights BEFORE UPDATE OF status, epoch ON users
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.epoch IS DISTINCT FROM NEW.epoch)
    EXECUTE FUNCTION app.account_changed()`,
  // Enabling the account again brings none of its sessions back.
  `CREATE FUNCTION app.account_disabled() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      outer_realm text := coalesce(current_setting('app.realm', true), '');
    BEGIN
      PERFORM set_config('app.realm', 'identity', true);
      UPDATE sessions SET revoked_at = now(), revoked_reason = 'disabled' WHERE user_id = NEW.id AND revoked_at IS NULL;
      PERFORM set_config('app.realm', outer_realm, true);
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER users_disabled AFTER UPDATE OF status ON users
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status = 'disabled') EXECUTE FUNCTION app.account_disabled()`,
  `CREATE FUNCTION app.session_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM app.touch_access(NEW.user_id);
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER sessions_family AFTER UPDATE OF family_id ON sessions
    FOR EACH ROW WHEN (OLD.family_id IS DISTINCT FROM NEW.family_id) EXECUTE FUNCTION app.session_changed()`,
];

const GRANTS = [
  'GRANT USAGE ON SCHEMA public, app TO family_assistant_app',
  ...RULES.map(([table]) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO family_assistant_app`),
  'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA app TO family_assistant_app',
  'GRANT SELECT ON migrations TO family_assistant_app',
];
