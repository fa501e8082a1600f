import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An account whose erasure has begun is `erasing`: nobody comes back into it, and nobody takes its erasure back. */
export class Erasing1764250000000 implements MigrationInterface {
  readonly name = 'Erasing1764250000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of statusOf(['active', 'disabled', 'closing', 'erasing'])) await db.query(statement);
    await db.query(`CREATE FUNCTION app.stays_erasing() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE check_violation USING MESSAGE = 'the account is being erased';
      END $$`);
    await db.query(`CREATE TRIGGER users_erasing BEFORE UPDATE OF status ON users
      FOR EACH ROW WHEN (OLD.status = 'erasing' AND NEW.status <> 'erasing') EXECUTE FUNCTION app.stays_erasing()`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TRIGGER users_erasing ON users');
    await db.query('DROP FUNCTION app.stays_erasing()');
    await db.query(`SELECT set_config('app.realm', 'identity', true)`);
    await db.query(`UPDATE users SET status = 'closing' WHERE status = 'erasing'`);
    await db.query(`SELECT set_config('app.realm', '', true)`);
    for (const statement of statusOf(['active', 'disabled', 'closing'])) await db.query(statement);
  }
}

/** The states of an account; all but the first end its sessions. */
function statusOf([open = '', ...closed]: readonly string[]): string[] {
  const list = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');
  return [
    'ALTER TABLE users DROP CONSTRAINT users_status_check',
    `ALTER TABLE users ADD CONSTRAINT users_status_check CHECK (status IN (${list([open, ...closed])}))`,
    'DROP TRIGGER users_disabled ON users',
    `CREATE TRIGGER users_disabled AFTER UPDATE OF status ON users
      FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status IN (${list(closed)})) EXECUTE FUNCTION app.account_disabled()`,
  ];
}
