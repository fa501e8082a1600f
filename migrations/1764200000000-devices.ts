import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Devices of children: the codes that let one in, and the devices with their PINs. Seen by the family's parents alone. */
export class Devices1764200000000 implements MigrationInterface {
  readonly name = 'Devices1764200000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...POLICIES, ...TRIGGERS, ...GRANTS]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE device_codes, devices');
    await db.query('DROP FUNCTION app.device_ended()');
  }
}

const TABLES = [
  `CREATE TABLE device_codes (
    id uuid PRIMARY KEY,
    family_id uuid NOT NULL,
    member_id uuid NOT NULL CONSTRAINT device_codes_member_key UNIQUE,
    code_hash bytea NOT NULL CONSTRAINT device_codes_code_key UNIQUE,
    created_by uuid REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (family_id, member_id) REFERENCES members (family_id, id) ON DELETE CASCADE
  )`,
  `CREATE TABLE devices (
    id uuid PRIMARY KEY,
    family_id uuid NOT NULL,
    member_id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    token_hash bytea NOT NULL CONSTRAINT devices_token_key UNIQUE,
    pin_hash text NOT NULL,
    tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    locked_at timestamptz,
    session_id uuid REFERENCES sessions ON DELETE SET NULL,
    approved_by uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_unlocked_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (family_id, member_id) REFERENCES members (family_id, id) ON DELETE CASCADE
  )`,
  `COMMENT ON COLUMN devices.tries IS 'wrong PINs since the last right one, or since a parent approved'`,
  `CREATE INDEX devices_family_idx ON devices (family_id, created_at DESC, id DESC)`,
  `CREATE INDEX devices_user_idx ON devices (user_id)`,
];

const BY_A_PARENT = `family_id = app.family_id() AND current_setting('app.family_role', true) = 'parent'`;

const POLICIES = ['device_codes', 'devices'].flatMap((table) => {
  const rule = `app.is_identity() OR (${BY_A_PARENT})`;
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY ${table}_visible ON ${table} FOR SELECT USING (${rule})`,
    `CREATE POLICY ${table}_insert ON ${table} FOR INSERT WITH CHECK (${rule})`,
    `CREATE POLICY ${table}_update ON ${table} FOR UPDATE USING (${rule}) WITH CHECK (${rule})`,
    `CREATE POLICY ${table}_delete ON ${table} FOR DELETE USING (${rule})`,
  ];
});

const TRIGGERS = [
  // A device that is locked, taken back, or goes with its member takes its session with it, whoever does it.
  `CREATE FUNCTION app.device_ended() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      outer_realm text := coalesce(current_setting('app.realm', true), '');
    BEGIN
      PERFORM set_config('app.realm', 'identity', true);
      UPDATE public.sessions SET revoked_at = now(), revoked_reason = 'revoked'
        WHERE id = OLD.session_id AND revoked_at IS NULL;
      PERFORM set_config('app.realm', outer_realm, true);
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER devices_deleted AFTER DELETE ON devices FOR EACH ROW EXECUTE FUNCTION app.device_ended()`,
  `CREATE TRIGGER devices_locked AFTER UPDATE OF locked_at ON devices
    FOR EACH ROW WHEN (OLD.locked_at IS NULL AND NEW.locked_at IS NOT NULL) EXECUTE FUNCTION app.device_ended()`,
];

const GRANTS = [
  'GRANT SELECT, INSERT, UPDATE, DELETE ON device_codes, devices TO family_assistant_app',
  'GRANT EXECUTE ON FUNCTION app.device_ended() TO family_assistant_app',
];
