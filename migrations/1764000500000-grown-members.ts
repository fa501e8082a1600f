import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What somebody kept to themselves who was no child stays closed to parents when they are made a child: parents stand in
 * for those alone who have kept nothing from them. Whoever kept anything private, or showed it to an audience, while they
 * were no child keeps `has_own_things` for good; a role that was changed by mistake and back closes nothing.
 */
export class GrownMembers1764000500000 implements MigrationInterface {
  readonly name = 'GrownMembers1764000500000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...COLUMN, ...rules(`m.role = 'child' AND NOT m.has_own_things`)])
      await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const statement of [
      ...rules(`m.role = 'child'`),
      'DROP TRIGGER members_own_things ON members',
      'DROP FUNCTION app.keep_own_things()',
      'ALTER TABLE members DROP COLUMN has_own_things, DROP COLUMN grown_at',
    ])
      await db.query(statement);
  }
}

const COLUMN = [
  'ALTER TABLE members ADD COLUMN has_own_things boolean NOT NULL DEFAULT false, ADD COLUMN grown_at timestamptz',
  `COMMENT ON COLUMN members.grown_at IS 'when they were last made something else than a child; empty: they never were one here'`,
  `COMMENT ON COLUMN members.has_own_things IS 'kept something to themselves before they were made a child: parents do not see what they keep'`,
  // Who changes the role may not see these things; the database looks for them, and tells nobody which.
  `CREATE FUNCTION app.keep_own_things() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      outer_realm text := coalesce(current_setting('app.realm', true), '');
      outer_family text := coalesce(current_setting('app.family_id', true), '');
    BEGIN
      IF NEW.role <> 'child' THEN
        NEW.grown_at := clock_timestamp();
        RETURN NEW;
      END IF;
      PERFORM set_config('app.realm', 'worker', true), set_config('app.family_id', OLD.family_id::text, true);
      NEW.has_own_things := OLD.has_own_things
        OR EXISTS (SELECT FROM public.memories t WHERE t.family_id = OLD.family_id AND t.owner_id = OLD.id AND t.scope_id <> t.family_id
          AND lower(t.recorded) >= coalesce(OLD.grown_at, '-infinity'))
        OR EXISTS (SELECT FROM public.conversations t WHERE t.family_id = OLD.family_id AND t.owner_id = OLD.id AND t.scope_id <> t.family_id
          AND t.updated_at >= coalesce(OLD.grown_at, '-infinity'));
      PERFORM set_config('app.realm', outer_realm, true), set_config('app.family_id', outer_family, true);
      RETURN NEW;
    END $$`,
  `CREATE TRIGGER members_own_things BEFORE UPDATE ON members FOR EACH ROW
    WHEN ((NEW.role = 'child') <> (OLD.role = 'child')) EXECUTE FUNCTION app.keep_own_things()`,
];

/** Who sees what, where a parent stands in for the members that fit `ward`. */
const rules = (ward: string): string[] => [
  `CREATE OR REPLACE FUNCTION app.visible_scopes() RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN RETURN CASE
  WHEN app.family_id() IS NOT NULL AND (app.is_worker() OR (app.viewer_id() IS NOT NULL AND app.member_id() IS NOT NULL)) THEN
    ARRAY[app.family_id()]
    || ARRAY(SELECT m.id FROM public.members m WHERE m.family_id = app.family_id()
             AND (app.is_worker() OR m.id = app.member_id() OR (app.family_role() = 'parent' AND ${ward})))
    || ARRAY(SELECT a.id FROM public.audiences a WHERE a.family_id = app.family_id()
             AND (app.is_worker() OR a.owner_id = app.member_id() OR app.member_id() = ANY (a.member_ids)
               OR (app.family_role() = 'parent' AND a.owner_id IN
                 (SELECT m.id FROM public.members m WHERE m.family_id = app.family_id() AND ${ward}))))
  ELSE '{}'::uuid[]
END; END $$`,
  `CREATE OR REPLACE FUNCTION app.wards() RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN RETURN
  ARRAY(SELECT m.id FROM public.members m WHERE m.family_id = app.family_id() AND app.viewer_id() IS NOT NULL
  AND (m.id = app.member_id() OR (app.family_role() = 'parent' AND ${ward}))); END $$`,
  `ALTER POLICY audiences_visible ON audiences USING (family_id = app.family_id() AND (app.is_worker()
    OR owner_id = app.member_id() OR app.member_id() = ANY (member_ids)
    OR (app.family_role() = 'parent' AND EXISTS (SELECT FROM members m WHERE m.id = owner_id AND ${ward}))))`,
  `ALTER POLICY audiences_update ON audiences USING (family_id = app.family_id() AND (app.is_worker()
    OR owner_id = app.member_id() OR app.member_id() = ANY (member_ids)
    OR (app.family_role() = 'parent' AND EXISTS (SELECT FROM members m WHERE m.id = owner_id AND ${ward}))))`,
];
