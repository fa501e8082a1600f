import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Single rights over the server that a person has besides those of their roles. A change of them counts at once. */
export class Grants1764150100000 implements MigrationInterface {
  readonly name = 'Grants1764150100000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE user_grants');
  }
}

const STATEMENTS = [
  `CREATE TABLE user_grants (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    permission text NOT NULL CHECK (permission ~ '^[a-z_]+:[a-z_]+$'),
    granted_by uuid,
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, permission)
  )`,
  'ALTER TABLE user_grants ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE user_grants FORCE ROW LEVEL SECURITY',
  'CREATE POLICY user_grants_visible ON user_grants FOR SELECT USING (user_id = app.viewer_id() OR app.is_identity())',
  'CREATE POLICY user_grants_insert ON user_grants FOR INSERT WITH CHECK (app.is_identity())',
  'CREATE POLICY user_grants_update ON user_grants FOR UPDATE USING (app.is_identity()) WITH CHECK (app.is_identity())',
  'CREATE POLICY user_grants_delete ON user_grants FOR DELETE USING (app.is_identity())',
  `CREATE TRIGGER user_grants_rights AFTER INSERT OR DELETE OR UPDATE ON user_grants
    FOR EACH ROW EXECUTE FUNCTION app.rights_changed()`,
  'GRANT SELECT, INSERT, UPDATE, DELETE ON user_grants TO family_assistant_app',
];
