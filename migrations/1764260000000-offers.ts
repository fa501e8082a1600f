import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What parents offer ends with them: open invitations, device codes, and the trust in devices that they let in. Devices end
 * when their owner gains another way in or is no minor any more. Keys invite nobody and give nobody a role.
 */
export class Offers1764260000000 implements MigrationInterface {
  readonly name = 'Offers1764260000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...QUESTIONS, ...WITHDRAWAL, ...DEVICES, ...KEYS, ...GRANTS, ...OF_BEFORE])
      await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const [table, command] of CLOSED_TO_KEYS) await db.query(`DROP POLICY ${table}_${command}_by_key ON ${table}`);
    for (const [trigger, table] of TRIGGERS) await db.query(`DROP TRIGGER ${trigger} ON ${table}`);
    for (const name of FUNCTIONS) await db.query(`DROP FUNCTION app.${name}`);
  }
}

const FUNCTIONS = [
  'role_by_key()',
  'member_grown()',
  'way_in_gained()',
  'account_closed()',
  'parent_left()',
  'withdraw_all_offers(uuid, boolean)',
  'withdraw_offers(uuid, uuid[], boolean)',
  'is_adult_elsewhere(uuid, uuid)',
  'has_company(uuid)',
  'count_parents_besides(uuid, uuid)',
  'signs_in_alone(uuid, boolean)',
  'is_active_parent(uuid, uuid, boolean)',
];

const TRIGGERS = [
  ['members_parent_removed', 'members'],
  ['members_parent_demoted', 'members'],
  ['users_closed', 'users'],
  ['users_way_in', 'users'],
  ['credentials_way_in', 'credentials'],
  ['identities_way_in', 'identities'],
  ['members_grown', 'members'],
  ['members_role_by_key', 'members'],
] as const;

/** What a function sees besides what its caller does, for as long as it runs. */
const SEEING = `outer_realm text := coalesce(current_setting('app.realm', true), '');
      outer_family text := coalesce(current_setting('app.family_id', true), '');`;
const BACK = `PERFORM set_config('app.realm', outer_realm, true), set_config('app.family_id', outer_family, true);`;

const QUESTIONS = [
  // `hold`: it stays so until the transaction ends. Whoever holds locks the family first.
  `CREATE FUNCTION app.is_active_parent(home uuid, person uuid, hold boolean) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      ${SEEING}
      answer boolean;
    BEGIN
      PERFORM set_config('app.realm', 'identity', true), set_config('app.family_id', home::text, true);
      IF hold THEN
        PERFORM FROM public.users WHERE id = person FOR SHARE;
      END IF;
      answer := EXISTS (SELECT FROM public.members m JOIN public.users u ON u.id = m.user_id
        WHERE m.family_id = home AND m.user_id = person AND m.role = 'parent' AND u.status = 'active');
      ${BACK}
      RETURN answer;
    END $$`,
  `CREATE FUNCTION app.signs_in_alone(person uuid, hold boolean) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      ${SEEING}
      answer boolean;
    BEGIN
      PERFORM set_config('app.realm', 'identity', true);
      IF hold THEN
        PERFORM FROM public.devices WHERE user_id = person FOR UPDATE; -- before the account, as where one is unlocked
        PERFORM FROM public.users WHERE id = person FOR UPDATE;
      END IF;
      answer := EXISTS (SELECT FROM public.users WHERE id = person AND email IS NOT NULL)
        OR EXISTS (SELECT FROM public.credentials WHERE user_id = person)
        OR EXISTS (SELECT FROM public.identities WHERE user_id = person);
      ${BACK}
      RETURN answer;
    END $$`,
  // Those who can sign in, and are not about to go.
  `CREATE FUNCTION app.count_parents_besides(home uuid, member uuid) RETURNS integer LANGUAGE plpgsql AS $$
    DECLARE
      ${SEEING}
      answer integer;
    BEGIN
      PERFORM set_config('app.realm', 'identity', true), set_config('app.family_id', home::text, true);
      SELECT count(*) INTO answer FROM public.members m JOIN public.users u ON u.id = m.user_id
        WHERE m.family_id = home AND m.id <> member AND m.role = 'parent' AND u.status = 'active'
          AND app.signs_in_alone(u.id, false);
      ${BACK}
      RETURN answer;
    END $$`,
  `CREATE FUNCTION app.has_company(person uuid) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      ${SEEING}
      outer_viewer text := coalesce(current_setting('app.viewer_id', true), '');
      home uuid;
      answer boolean := false;
    BEGIN
      PERFORM set_config('app.viewer_id', person::text, true);
      FOREACH home IN ARRAY ARRAY(SELECT family_id FROM public.members WHERE user_id = person) LOOP
        PERFORM set_config('app.family_id', home::text, true);
        answer := answer OR EXISTS (SELECT FROM public.members WHERE family_id = home AND user_id <> person);
      END LOOP;
      PERFORM set_config('app.viewer_id', outer_viewer, true);
      ${BACK}
      RETURN answer;
    END $$`,
  // What is said in another family of somebody who lives on devices there makes nobody grown.
  `CREATE FUNCTION app.is_adult_elsewhere(person uuid, home uuid) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      outer_viewer text := coalesce(current_setting('app.viewer_id', true), '');
      answer boolean;
    BEGIN
      PERFORM set_config('app.viewer_id', person::text, true);
      answer := EXISTS (SELECT FROM public.members
        WHERE user_id = person AND family_id <> home AND role IN ('parent', 'grandparent'));
      PERFORM set_config('app.viewer_id', outer_viewer, true);
      RETURN answer AND app.signs_in_alone(person, false);
    END $$`,
];

const WITHDRAWAL = [
  `CREATE FUNCTION app.withdraw_offers(person uuid, homes uuid[], lock_devices boolean) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      ${SEEING}
      home uuid;
    BEGIN
      PERFORM set_config('app.realm', 'identity', true);
      FOREACH home IN ARRAY homes LOOP
        PERFORM set_config('app.family_id', home::text, true);
        DELETE FROM public.invitations WHERE family_id = home AND created_by = person AND accepted_at IS NULL;
        DELETE FROM public.device_codes WHERE family_id = home AND created_by = person;
        UPDATE public.devices SET locked_at = now()
          WHERE lock_devices AND family_id = home AND approved_by = person AND locked_at IS NULL;
      END LOOP;
      ${BACK}
    END $$`,
  `CREATE FUNCTION app.withdraw_all_offers(person uuid, lock_devices boolean) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      outer_viewer text := coalesce(current_setting('app.viewer_id', true), '');
      homes uuid[];
    BEGIN
      PERFORM set_config('app.viewer_id', person::text, true);
      homes := ARRAY(SELECT family_id FROM public.members WHERE user_id = person);
      PERFORM set_config('app.viewer_id', outer_viewer, true);
      PERFORM app.withdraw_offers(person, homes, lock_devices);
    END $$`,
  `CREATE FUNCTION app.parent_left() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM app.withdraw_offers(OLD.user_id, ARRAY[OLD.family_id], true);
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER members_parent_removed AFTER DELETE ON members
    FOR EACH ROW WHEN (OLD.role = 'parent' AND OLD.user_id IS NOT NULL) EXECUTE FUNCTION app.parent_left()`,
  `CREATE TRIGGER members_parent_demoted AFTER UPDATE OF role, user_id ON members
    FOR EACH ROW WHEN (OLD.role = 'parent' AND OLD.user_id IS NOT NULL
      AND (NEW.role <> 'parent' OR NEW.user_id IS DISTINCT FROM OLD.user_id)) EXECUTE FUNCTION app.parent_left()`,
  // Who closes the account may come back to it: the devices of the children go on meanwhile, until the membership ends.
  `CREATE FUNCTION app.account_closed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM app.withdraw_all_offers(NEW.id, NEW.status = 'disabled');
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER users_closed AFTER UPDATE OF status ON users
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status <> 'active') EXECUTE FUNCTION app.account_closed()`,
];

const DEVICES = [
  `CREATE FUNCTION app.way_in_gained() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      ${SEEING}
      person uuid;
    BEGIN
      IF TG_TABLE_NAME = 'users' THEN
        person := NEW.id;
      ELSE
        person := NEW.user_id;
      END IF;
      PERFORM set_config('app.realm', 'identity', true);
      DELETE FROM public.devices WHERE user_id = person;
      ${BACK}
      RETURN NEW;
    END $$`,
  `CREATE TRIGGER users_way_in AFTER UPDATE OF email ON users
    FOR EACH ROW WHEN (OLD.email IS NULL AND NEW.email IS NOT NULL) EXECUTE FUNCTION app.way_in_gained()`,
  ...['credentials', 'identities'].map(
    (table) =>
      `CREATE TRIGGER ${table}_way_in BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION app.way_in_gained()`,
  ),
  `CREATE FUNCTION app.member_grown() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      ${SEEING}
    BEGIN
      PERFORM set_config('app.realm', 'identity', true);
      DELETE FROM public.device_codes WHERE member_id = NEW.id;
      DELETE FROM public.devices WHERE member_id = NEW.id;
      ${BACK}
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER members_grown AFTER UPDATE OF role ON members
    FOR EACH ROW WHEN (OLD.role IN ('child', 'teenager') AND NEW.role NOT IN ('child', 'teenager'))
    EXECUTE FUNCTION app.member_grown()`,
];

const BY_A_PERSON = 'app.key_id() IS NULL OR app.is_identity()';

/** What nobody who has entered by a key may do; one's own membership begins by a key as it does by a session. */
const CLOSED_TO_KEYS = [
  ['invitations', 'insert', BY_A_PERSON],
  ['members', 'insert', `${BY_A_PERSON} OR role <> 'parent' OR user_id = app.viewer_id()`],
  ...['device_codes', 'devices'].flatMap((table) =>
    (['insert', 'update', 'delete'] as const).map((command) => [table, command, BY_A_PERSON] as const),
  ),
] as const;

const KEYS = [
  ...CLOSED_TO_KEYS.map(
    ([table, command, rule]) =>
      `CREATE POLICY ${table}_${command}_by_key ON ${table} AS RESTRICTIVE FOR ${command.toUpperCase()}
        ${command === 'insert' ? 'WITH CHECK' : 'USING'} (${rule})`,
  ),
  `CREATE FUNCTION app.role_by_key() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE insufficient_privilege USING MESSAGE = 'a key gives nobody a role';
    END $$`,
  `CREATE TRIGGER members_role_by_key BEFORE UPDATE OF role ON members
    FOR EACH ROW WHEN (OLD.role <> NEW.role AND app.key_id() IS NOT NULL) EXECUTE FUNCTION app.role_by_key()`,
];

const GRANTS = [
  `GRANT EXECUTE ON FUNCTION ${FUNCTIONS.map((name) => `app.${name}`).join(', ')} TO family_assistant_app`,
];

/** What was there before these rules were. */
const OF_BEFORE = [
  `DO $$
    DECLARE
      home uuid;
    BEGIN
      PERFORM set_config('app.realm', 'worker', true), set_config('app.family_id', '', true);
      FOREACH home IN ARRAY ARRAY(SELECT id FROM families) LOOP
        PERFORM set_config('app.realm', 'identity', true), set_config('app.family_id', home::text, true);
        DELETE FROM invitations WHERE family_id = home AND accepted_at IS NULL
          AND NOT app.is_active_parent(home, created_by, false);
        DELETE FROM devices d WHERE family_id = home AND (app.signs_in_alone(d.user_id, false)
          OR EXISTS (SELECT FROM members m WHERE m.id = d.member_id AND m.role NOT IN ('child', 'teenager')));
        UPDATE devices SET locked_at = now() WHERE family_id = home AND locked_at IS NULL
          AND NOT app.is_active_parent(home, approved_by, false);
      END LOOP;
      DELETE FROM api_keys WHERE scopes = '{invitation:write}';
      UPDATE api_keys SET scopes = array_remove(scopes, 'invitation:write') WHERE 'invitation:write' = ANY (scopes);
      PERFORM set_config('app.realm', '', true), set_config('app.family_id', '', true);
    END $$`,
];
