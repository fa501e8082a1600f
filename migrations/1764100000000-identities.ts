import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts that people have elsewhere, and sign-ins with them that are under way. */
export class Identities1764100000000 implements MigrationInterface {
  readonly name = 'Identities1764100000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...POLICIES]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE telegram_proofs, sign_in_flows, identities');
  }
}

const TABLES = [
  `CREATE TABLE identities (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 32),
    issuer text NOT NULL CHECK (length(issuer) BETWEEN 1 AND 500),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    email text CHECK (length(email) <= 254),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT identities_subject_key UNIQUE (issuer, subject)
  )`,
  `COMMENT ON COLUMN identities.email IS 'what the provider said last; for showing, nothing is decided by it'`,
  `CREATE INDEX identities_user_idx ON identities (user_id)`,
  // Of the secret in the browser's cookie only the hash: state, nonce and PKCE verifier are made of the secret itself.
  `CREATE TABLE sign_in_flows (
    secret_hash bytea PRIMARY KEY,
    provider text NOT NULL,
    delivery text NOT NULL CHECK (delivery IN ('body', 'cookie')),
    remember_me boolean NOT NULL,
    return_to text,
    session_id uuid REFERENCES sessions ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
  )`,
  `COMMENT ON COLUMN sign_in_flows.session_id IS 'the session that links the identity to its account; null when somebody signs in'`,
  `CREATE INDEX sign_in_flows_expiry_idx ON sign_in_flows (expires_at)`,
  `CREATE TABLE telegram_proofs (
    hash bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
  )`,
  `CREATE INDEX telegram_proofs_expiry_idx ON telegram_proofs (expires_at)`,
];

/** Condition under which rows can be seen; written only by sign-in itself. */
const RULES: readonly (readonly [table: string, visible: string])[] = [
  ['identities', 'user_id = app.viewer_id() OR app.is_identity()'],
  ['sign_in_flows', 'app.is_identity()'],
  ['telegram_proofs', 'app.is_identity()'],
];

const POLICIES = RULES.flatMap(([table, visible]) => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY ${table}_visible ON ${table} FOR SELECT USING (${visible})`,
  `CREATE POLICY ${table}_insert ON ${table} FOR INSERT WITH CHECK (app.is_identity())`,
  `CREATE POLICY ${table}_update ON ${table} FOR UPDATE USING (app.is_identity()) WITH CHECK (app.is_identity())`,
  `CREATE POLICY ${table}_delete ON ${table} FOR DELETE USING (app.is_identity())`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO family_assistant_app`,
]);
