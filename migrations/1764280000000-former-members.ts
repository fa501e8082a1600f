import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who was which member of a family: what somebody told a family is still theirs when they have left it, for a copy and for
 * an erasure. Besides, who asked for a copy of a child's data: its parent fetches it; and which erasures nobody asked for,
 * so that an admin may take them back.
 */
export class FormerMembers1764280000000 implements MigrationInterface {
  readonly name = 'FormerMembers1764280000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...TABLE, ...TRIGGER, KNOWN, ...COPIES, ...GRANTS]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const statement of [
      'DROP TRIGGER members_former ON members',
      'DROP FUNCTION app.member_left()',
      'DROP TABLE former_members',
      'DROP POLICY privacy_exports_of_child ON privacy_exports',
      // Nobody could fetch them any more.
      `SELECT set_config('app.realm', 'identity', true)`,
      'DELETE FROM privacy_exports WHERE asked_by IS NOT NULL',
      `SELECT set_config('app.realm', '', true)`,
      'ALTER TABLE privacy_exports DROP COLUMN asked_by',
      'ALTER TABLE privacy_erasures DROP COLUMN is_deserted',
    ])
      await db.query(statement);
  }
}

const TABLE = [
  `CREATE TABLE former_members (
    member_id uuid PRIMARY KEY,
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    left_at timestamptz NOT NULL DEFAULT now()
  )`,
  `COMMENT ON TABLE former_members IS 'whose the things are that a former member told a family; goes with the account'`,
  'CREATE INDEX former_members_user_idx ON former_members (user_id)',
  'CREATE INDEX former_members_family_idx ON former_members (family_id)',
  'ALTER TABLE former_members ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE former_members FORCE ROW LEVEL SECURITY',
  'CREATE POLICY former_members_visible ON former_members FOR SELECT USING (app.is_identity())',
  'CREATE POLICY former_members_insert ON former_members FOR INSERT WITH CHECK (app.is_identity())',
  'CREATE POLICY former_members_update ON former_members FOR UPDATE USING (false)',
  'CREATE POLICY former_members_delete ON former_members FOR DELETE USING (app.is_identity())',
];

const TRIGGER = [
  // Whoever ends a membership, and whichever way; not where the family goes as well.
  `CREATE FUNCTION app.member_left() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      outer_realm text := coalesce(current_setting('app.realm', true), '');
      outer_family text := coalesce(current_setting('app.family_id', true), '');
    BEGIN
      PERFORM set_config('app.realm', 'identity', true), set_config('app.family_id', OLD.family_id::text, true);
      INSERT INTO public.former_members (member_id, family_id, user_id)
        SELECT OLD.id, f.id, u.id FROM public.families f, public.users u WHERE f.id = OLD.family_id AND u.id = OLD.user_id;
      PERFORM set_config('app.realm', outer_realm, true), set_config('app.family_id', outer_family, true);
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER members_former AFTER DELETE ON members
    FOR EACH ROW WHEN (OLD.user_id IS NOT NULL) EXECUTE FUNCTION app.member_left()`,
];

/** Of those who left before, as far as the audit log still knows. */
const KNOWN = `DO $$
  DECLARE
    there uuid[];
  BEGIN
    PERFORM set_config('app.realm', 'worker', true);
    SELECT array_agg(id) INTO there FROM families;
    PERFORM set_config('app.realm', 'identity', true);
    INSERT INTO former_members (member_id, family_id, user_id, left_at)
      SELECT DISTINCT ON (e.target_id) e.target_id::uuid, e.family_id, u.id, e.occurred_at
      FROM audit_events e JOIN users u ON u.id = e.subject_user_id
      WHERE e.action IN ('member.leave', 'member.remove') AND e.outcome = 'success' AND e.family_id = ANY (there)
      ORDER BY e.target_id, e.occurred_at DESC;
    PERFORM set_config('app.realm', '', true);
  END $$`;

const COPIES = [
  'ALTER TABLE privacy_erasures ADD COLUMN is_deserted boolean NOT NULL DEFAULT false',
  `COMMENT ON COLUMN privacy_erasures.is_deserted IS 'nobody asked for it: nobody could sign in any more'`,
  'ALTER TABLE privacy_exports ADD COLUMN asked_by uuid REFERENCES users ON DELETE CASCADE',
  `COMMENT ON COLUMN privacy_exports.asked_by IS 'the parent who asked for it and fetches it; empty: the person'`,
  'CREATE INDEX privacy_exports_asked_idx ON privacy_exports (asked_by) WHERE asked_by IS NOT NULL',
  // As long as whoever asked is a parent of that child.
  `CREATE POLICY privacy_exports_of_child ON privacy_exports FOR SELECT USING (
    asked_by = app.viewer_id() AND current_setting('app.family_role', true) = 'parent'
    AND EXISTS (SELECT FROM members m WHERE m.family_id = app.family_id() AND m.user_id = privacy_exports.user_id
      AND m.role = 'child' AND NOT m.has_own_things))`,
];

const GRANTS = [
  'GRANT SELECT, INSERT, UPDATE, DELETE ON former_members TO family_assistant_app',
  'GRANT EXECUTE ON FUNCTION app.member_left() TO family_assistant_app',
];
