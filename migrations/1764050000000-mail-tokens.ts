import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Proofs of holding an email address, sent by mail: of one's own (`verify`), of a new one (`change`), and of whoever
 * forgot their password (`reset`, which names no account: who has the address is asked when the mail is sent and again
 * when it is used, so that asking for one costs the same whether there is an account or not).
 *
 * Accounts need no email any more: children have none, and an unverified one goes to whoever proves to hold it.
 */
export class MailTokens1764050000000 implements MigrationInterface {
  readonly name = 'MailTokens1764050000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...TABLE, ...POLICIES, ...GRANTS]) await db.query(statement);
  }

  /** Accounts without an email get a placeholder that no mail reaches (RFC 2606). */
  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE mail_tokens');
    await db.query(`SELECT set_config('app.realm', 'identity', true)`);
    await db.query(`UPDATE users SET email = id || '@account.invalid' WHERE email IS NULL`);
    await db.query(`SELECT set_config('app.realm', '', true)`);
    await db.query('ALTER TABLE users ALTER COLUMN email SET NOT NULL');
  }
}

const TABLE = [
  `ALTER TABLE users ALTER COLUMN email DROP NOT NULL`,
  `CREATE TABLE mail_tokens (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('verify', 'change', 'reset')),
    user_id uuid REFERENCES users ON DELETE CASCADE,
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    token_hash bytea CONSTRAINT mail_tokens_hash_key UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    CHECK ((purpose = 'reset') = (user_id IS NULL)),
    CHECK ((token_hash IS NULL) = (expires_at IS NULL))
  )`,
  `COMMENT ON COLUMN mail_tokens.token_hash IS 'made when the mail is sent; none before'`,
  `CREATE UNIQUE INDEX mail_tokens_newest_reset_idx ON mail_tokens (email) WHERE purpose = 'reset'`,
  `CREATE UNIQUE INDEX mail_tokens_newest_idx ON mail_tokens (user_id, purpose) WHERE purpose <> 'reset'`,
  `CREATE INDEX mail_tokens_created_idx ON mail_tokens (created_at)`,
];

const POLICIES = [
  'ALTER TABLE mail_tokens ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE mail_tokens FORCE ROW LEVEL SECURITY',
  'CREATE POLICY mail_tokens_visible ON mail_tokens FOR SELECT USING (app.is_identity())',
  'CREATE POLICY mail_tokens_insert ON mail_tokens FOR INSERT WITH CHECK (app.is_identity())',
  'CREATE POLICY mail_tokens_update ON mail_tokens FOR UPDATE USING (app.is_identity()) WITH CHECK (app.is_identity())',
  'CREATE POLICY mail_tokens_delete ON mail_tokens FOR DELETE USING (app.is_identity())',
];

const GRANTS = ['GRANT SELECT, INSERT, UPDATE, DELETE ON mail_tokens TO family_assistant_app'];
