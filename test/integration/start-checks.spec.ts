import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { loadConfig, type Environment } from '../../src/platform/config/index.js';
import {
  APPLICATION_ROLE,
  checkDatabase,
  createDataSource,
  EmbeddedDatabase,
  openDatabase,
  withOwner,
} from '../../src/platform/database/index.js';
import { asOwner, newDatabase, onPostgres, TEST_SECRET, type TestDatabase } from '../support/database.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(120_000);

const SETUP_ERROR = 'DatabaseSetupError';

/** What a start finds wrong. */
describe('the start is refused', () => {
  let database: TestDatabase;

  // What is only warned of is known here.
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(() => database.drop());

  const start = async (env: Environment = {}): Promise<void> => {
    const config = loadConfig({ ...database.env, ...env });
    await (await openDatabase(config.database, config.server, [])).close();
  };

  test('never without a reason: this database is fine', async () => {
    await expect(start()).resolves.toBeUndefined();
  });

  test.each(['vector', 'pg_trgm', 'unaccent', 'btree_gist'])('without the extension %s', async (extension) => {
    await asSuperuser(database, `DROP EXTENSION ${extension} CASCADE`);
    await expect(start()).rejects.toMatchObject({ name: SETUP_ERROR, message: expect.stringMatching(extension) });
  });

  test('when a table was forgotten by row-level security', async () => {
    await asSuperuser(database, 'CREATE TABLE diaries (id uuid)');
    await expect(start()).rejects.toMatchObject({ name: SETUP_ERROR, message: expect.stringMatching(/\bdiaries\b/) });
  });

  test('when row-level security of a table is not forced, or has no policy', async () => {
    await asSuperuser(database, 'ALTER TABLE members NO FORCE ROW LEVEL SECURITY');
    await asSuperuser(database, 'DROP POLICY families_visible ON families; DROP POLICY families_insert ON families');
    await asSuperuser(database, 'DROP POLICY families_update ON families; DROP POLICY families_delete ON families');
    await asSuperuser(database, 'DROP POLICY families_worker ON families');
    const message = expect.stringMatching(/\bfamilies\b[^]*\bmembers\b/); // both at once
    await expect(start()).rejects.toMatchObject({ name: SETUP_ERROR, message });
  });

  test('when the application owns a table', async () => {
    await asSuperuser(database, `ALTER TABLE members OWNER TO ${APPLICATION_ROLE}`);
    await expect(start()).rejects.toMatchObject({
      name: SETUP_ERROR,
      message: expect.stringContaining(APPLICATION_ROLE),
    });
  });

  test('for statements that would run as another role than the application', async () => {
    const { database: config, server } = loadConfig({ ...database.env, ...asSuperuserLogin(database) });
    const embedded = config.isEmbedded ? await EmbeddedDatabase.open(server.dataDir) : undefined;
    const owner = createDataSource({ config, embedded, as: 'owner' });
    await owner.initialize();
    await expect(checkDatabase(owner)).rejects.toMatchObject({
      name: SETUP_ERROR,
      message: expect.stringMatching(/\bpostgres\b[^]*NOBYPASSRLS/), // its name, and that it passes row-level security
    });
    await owner.destroy();
    await embedded?.close();
  });

  test('when nobody listens at the address, without telling the password', async () => {
    const nowhere = {
      DATABASE_URL: 'postgresql://family:hunter2@127.0.0.1:1/family',
      DATABASE_OWNER_URL: '',
      JWT_SECRET_KEY: TEST_SECRET,
    };
    const refusal = await start({ ...nowhere, DATABASE_START_TIMEOUT: '0' }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: SETUP_ERROR, message: expect.not.stringContaining('hunter2') });
  });

  if (onPostgres) {
    test('at once for a wrong password or a database that does not exist, however long it would wait for a server', async () => {
      const patient = { DATABASE_START_TIMEOUT: '600' };
      const owner = database.env['DATABASE_OWNER_URL'] ?? '';
      const wrongPassword = Object.assign(new URL(owner), { password: 'hunter2' }).href;
      const wrongName = Object.assign(new URL(owner), { pathname: '/no_such_family' }).href;
      for (const DATABASE_OWNER_URL of [wrongPassword, wrongName]) {
        const refusal = await start({ ...patient, DATABASE_OWNER_URL }).catch((error: unknown) => error);
        expect(refusal).toMatchObject({ name: SETUP_ERROR, message: expect.not.stringContaining('hunter2') });
      }
    });

    test('in production for a login that can pass row-level security, or that owns the tables', async () => {
      const production = { NODE_ENV: 'production', DATABASE_TLS: 'off' };
      const superuser = asSuperuserLogin(database)['DATABASE_OWNER_URL'] ?? '';
      const owner = database.env['DATABASE_OWNER_URL'] ?? '';
      for (const DATABASE_URL of [superuser, owner]) {
        await expect(start({ ...production, DATABASE_URL })).rejects.toMatchObject({
          name: SETUP_ERROR,
          message: expect.stringContaining('DATABASE_URL'),
        });
        await expect(start({ DATABASE_URL })).resolves.toBeUndefined(); // elsewhere it is told in the log
      }
      await expect(start(production)).resolves.toBeUndefined();
    });

    test('with a pending migration where migrating is left to somebody else', async () => {
      const { database: config } = loadConfig(database.env);
      const name = await withOwner(config, undefined, (migrator) => migrator.down());
      await expect(start({ DATABASE_MIGRATE: 'false' })).rejects.toMatchObject({
        name: SETUP_ERROR,
        message: expect.stringContaining(String(name)),
      });
      await expect(start()).resolves.toBeUndefined(); // the default applies it
      await expect(start({ DATABASE_MIGRATE: 'false' })).resolves.toBeUndefined();
    });
  } else {
    test('when the folder is open already', async () => {
      const { server } = loadConfig(database.env);
      const first = await EmbeddedDatabase.open(server.dataDir);
      await expect(start()).rejects.toMatchObject({ name: SETUP_ERROR, message: expect.stringContaining('DATA_DIR') });
      await first.close();
      await expect(start()).resolves.toBeUndefined();
    });

    test('when the application could pass row-level security', async () => {
      await asSuperuser(database, `ALTER ROLE ${APPLICATION_ROLE} BYPASSRLS`);
      await expect(start()).rejects.toMatchObject({
        name: SETUP_ERROR,
        message: expect.stringContaining(APPLICATION_ROLE),
      });
    });
  }
});

const nameOf = ({ env }: TestDatabase): string => new URL(env['DATABASE_URL'] ?? '').pathname.slice(1);

/** Settings that let the owner's connections be made by the superuser; the embedded owner is one anyway. */
function asSuperuserLogin(database: TestDatabase): Environment {
  if (database.kind === 'embedded') return {};
  const superuser = new URL(process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '');
  return { DATABASE_OWNER_URL: Object.assign(superuser, { pathname: `/${nameOf(database)}` }).href };
}

/** Does to the database what only its administrator can. */
async function asSuperuser(database: TestDatabase, statement: string): Promise<void> {
  const { database: config, server } = loadConfig({ ...database.env, ...asSuperuserLogin(database) });
  if (!config.isEmbedded) {
    await asOwner(config.ownerUrl ?? '', statement);
    return;
  }
  const embedded = await EmbeddedDatabase.open(server.dataDir);
  const owner = createDataSource({ config, embedded, as: 'owner' });
  await owner.initialize();
  await owner.query(statement);
  await owner.destroy();
  await embedded.close();
}
