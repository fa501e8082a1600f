import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { loadConfig } from '../../src/platform/config/index.js';
import {
  createDataSource,
  EmbeddedDatabase,
  Migrator,
  openDatabase,
  withOwner,
} from '../../src/platform/database/index.js';
import { startApp } from '../support/create-app.js';
import { asOwner, newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { newDevice } from '../support/devices.js';
import {
  as,
  asIdentity,
  asWorker,
  newApiKey,
  newConversation,
  newFamily,
  newGuest,
  newInvitation,
  newMemory,
  newProfile,
  newTurns,
  nobody,
} from '../support/factories.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(120_000);

/** Migrations on a database of their own, at work as the owner. */
describe('migrations', () => {
  let database: TestDatabase;
  let bench: Workbench;

  beforeAll(async () => {
    database = await newDatabase();
    await furnish(database);
    bench = await Workbench.open(database);
  });
  afterAll(async () => {
    await bench.close();
    await database.drop();
  });

  test('take back what parents have offered who are none any more', async () => {
    const { migrator, owner } = bench;
    const before = await schemaOf(owner);
    const name = (await migrator.status()).find((each) => each.name.startsWith('Offers'))?.name;
    const later: string[] = [];
    while (later.at(-1) !== name) later.push((await migrator.down()) ?? '');
    const rows = (text: string): Promise<object[]> => inEveryFamily(owner, text);
    const [device] = await rows(`UPDATE devices SET locked_at = NULL, approved_by = NULL RETURNING locked_at`);
    expect(device).toEqual({ locked_at: null });
    await rows(`UPDATE api_keys SET scopes = '{family:read,invitation:write}' RETURNING id`);
    const open = 'SELECT created_by IS NULL AS orphaned FROM invitations WHERE accepted_at IS NULL';
    await rows(`INSERT INTO invitations (id, family_id, code_hash, role, expires_at)
      SELECT gen_random_uuid(), f.id, sha256('orphan'), 'parent', now() + interval '1 day' FROM families f LIMIT 1 RETURNING id`);
    expect(await rows(open)).toEqual(expect.arrayContaining([{ orphaned: true }, { orphaned: false }]));

    expect(await migrator.up()).toEqual(later.toReversed());
    expect(await schemaOf(owner)).toEqual(before);
    expect(await rows('SELECT locked_at IS NOT NULL AS locked FROM devices')).toEqual([{ locked: true }]);
    expect(await rows('SELECT scopes FROM api_keys')).toEqual([{ scopes: ['family:read'] }]);
    expect(new Set((await rows(open)).map((row) => JSON.stringify(row)))).toEqual(new Set(['{"orphaned":false}']));
  });

  test('go up, down and up again with data in every table, and leave the same schema', async () => {
    const { migrator, owner } = bench;
    for (const statement of ALERTS) await inEveryFamily(owner, statement);
    const before = await schemaOf(owner);
    const known = (await migrator.status()).map(({ name }) => name);
    expect(await filledTables(owner)).toEqual(Object.keys(before.tables));

    for (const name of known.toReversed()) expect(await migrator.down()).toBe(name);
    expect(await migrator.down()).toBeUndefined();
    const emptied = await schemaOf(owner);
    expect(Object.keys(emptied.tables)).toEqual(['migrations']);
    expect(emptied).toMatchObject({ functions: [], policies: [], triggers: [] });
    expect(JSON.stringify(emptied)).not.toContain('family_assistant_app');
    expect(await migrator.status()).toEqual(known.map((name) => ({ name, applied: false })));

    expect(await migrator.up()).toEqual(known);
    expect(await schemaOf(owner)).toEqual(before);
    expect(await migrator.status()).toEqual(known.map((name) => ({ name, applied: true })));
    expect(await migrator.up()).toEqual([]);
  });

  test('leave a schema in which every table is behind forced row-level security', async () => {
    const { tables, policies } = await schemaOf(bench.owner);
    const open = Object.entries(tables).filter(
      ([name, { security }]) => name !== 'migrations' && security !== 'forced',
    );
    expect(open).toEqual([]);
    for (const name of Object.keys(tables).filter((table) => table !== 'migrations')) {
      const commands = policies.filter(({ table }) => table === name).map(({ command }) => command);
      expect([name, [...new Set(commands)].sort()]).toEqual([name, ['DELETE', 'INSERT', 'SELECT', 'UPDATE']]);
    }
  });
});

describe('the migration of former members', () => {
  test('finds those who left a family before it, as far as the audit log knows', async () => {
    const database = await newDatabase();
    const server = await startApp({ database });
    const family = await newFamily(server);
    const former = await newGuest(server, await newInvitation(server, family, { role: 'grandparent' }));
    expect((await as(server, former).delete(`/family/members/${former.memberId}`)).status).toBe(204);
    await server.close();
    const bench = await Workbench.open(database);
    try {
      const { migrator, owner } = bench;
      while ((await migrator.down()) !== 'FormerMembers1764280000000') continue;
      await migrator.up();
      const rows = await owner.transaction(async (manager) => {
        await manager.query(`SELECT set_config('app.realm', 'identity', true)`);
        return manager.query<object[]>('SELECT member_id, family_id, user_id FROM former_members');
      });
      expect(rows).toEqual([{ member_id: former.memberId, family_id: family.familyId, user_id: former.userId }]);
    } finally {
      await bench.close();
      await database.drop();
    }
  });
});

describe('a server on an empty database', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await newDatabase();
    await dismantle(database);
  });
  afterEach(() => database.drop());

  test('makes its tables, and works on them after they were taken down and made again', async () => {
    const first = await startApp({ database });
    await newFamily(first);
    await first.close();

    await dismantle(database);
    const second = await startApp({ database });
    const { familyId } = await newFamily(second); // again the first account of an empty server
    expect(familyId).not.toBe('');
    await second.close();
  });

  // The embedded database belongs to one process, which has one connection.
  if (onPostgres) {
    test('two migrators at once apply each migration once', async () => {
      const { database: config } = loadConfig(database.env);
      const runs = await Promise.all([1, 2, 3].map(() => withOwner(config, undefined, (migrator) => migrator.up())));
      expect(runs.map((names) => names.length).sort()).toEqual([0, 0, expect.any(Number)]);
      expect(new Set(runs.flat()).size).toBe(runs.flat().length);
      expect(await withOwner(config, undefined, (migrator) => migrator.status())).toEqual(
        runs.flat().map((name) => ({ name, applied: true })),
      );
    });

    test('two servers started at once both come up', async () => {
      const { database: config, server } = loadConfig(database.env);
      const opened = await Promise.all([openDatabase(config, server, []), openDatabase(config, server, [])]);
      for (const each of opened) await each.close();
      expect(opened).toHaveLength(2);
    });

    test('a migration that fails leaves nothing behind', async () => {
      const { database: config } = loadConfig(database.env);
      await asOwner(config.ownerUrl ?? '', 'CREATE TABLE sessions (id int)'); // in the way of the foundation
      await expect(withOwner(config, undefined, (migrator) => migrator.up())).rejects.toMatchObject({
        name: 'DatabaseSetupError',
      });
      const { rows } = await asOwner(
        config.ownerUrl ?? '',
        `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
      );
      expect(
        (rows as { relname: string }[]).map(({ relname }) => relname).filter((name) => name !== 'migrations'),
      ).toEqual(['sessions']);
    });
  }
});

/** An owner's connection with a migrator, over either database. */
class Workbench {
  private constructor(
    readonly owner: DataSource,
    readonly migrator: Migrator,
    private readonly embedded: EmbeddedDatabase | undefined,
  ) {}

  static async open({ env }: TestDatabase): Promise<Workbench> {
    const { database: config, server } = loadConfig(env);
    const embedded = config.isEmbedded ? await EmbeddedDatabase.open(server.dataDir) : undefined;
    const owner = createDataSource({ config, embedded, as: 'owner' });
    await owner.initialize();
    return new Workbench(owner, new Migrator(owner), embedded);
  }

  async close(): Promise<void> {
    await this.owner.destroy();
    await this.embedded?.close();
  }
}

/** Fills every table through the front door. */
async function furnish(database: TestDatabase): Promise<void> {
  const env = { DISCORD_CLIENT_ID: 'family', DISCORD_CLIENT_SECRET: 'secret' };
  const server = await startApp({ database, env });
  const family = await newFamily(server);
  await nobody(server).get('/auth/login/discord');
  // An identity comes from a provider, which is not here.
  await asIdentity(
    server,
    `INSERT INTO identities (id, user_id, provider, issuer, subject) VALUES ($1::uuid, $1::uuid, 'discord', 'https://discord.com', '7')`,
    [family.parent.userId],
  );
  await asIdentity(server, `INSERT INTO telegram_proofs VALUES ('\\x00', now())`, []);
  const child = await newProfile(server, family, 'child', { telegram_id: 4711, active_skills: ['reading'] });
  await newGuest(server, await newInvitation(server, family, { role: 'grandparent' }));
  await newInvitation(server, family, { role: 'teenager' });
  const { memberId } = await newDevice(server, family);
  await as(server, family.parent).post('/auth/device-codes', { member_id: memberId });
  await asIdentity(server, 'UPDATE users SET email = NULL WHERE id <> $1', [family.parent.userId]);
  await newMemory(server, family.parent, 'I live in Madrid', { audience: [child], tags: ['home'] });
  await as(server, family.parent)
    .with({ 'Idempotency-Key': 'once' })
    .post('/memories', { content: 'I live in Lisbon' });
  await as(server, family.parent).post('/roles/grants', { user_id: family.parent.userId, permission: 'user:read' });
  const key = await newApiKey(server, family.parent, ['family:read']);
  await asIdentity(
    server,
    `INSERT INTO daily_requests (subject_id, user_id, api_key_id, day, used) VALUES ($1, $2, $1, '2026-01-31', 7)`,
    [key.id, family.parent.userId],
  );
  await as(server, family.parent).patch('/family/memory-settings', { turn_retention_days: 30 });
  const { id } = await newConversation(server, family.parent);
  await newTurns(server, family.parent, id, 'Good morning');
  // Vectors come from a model, which a server without embeddings does not have.
  await asWorker(
    server,
    family.familyId,
    `INSERT INTO embedding_models (id, name, dimensions) VALUES (1, 'three-dimensions', 3)`,
  );
  await asWorker(
    server,
    family.familyId,
    `INSERT INTO embeddings (document_id, model_id, scope_id, vector) SELECT id, 1, scope_id, '[1,2,3]' FROM documents`,
  );
  await as(server, family.parent).post('/users/me/export');
  const former = await newGuest(server, await newInvitation(server, family, { role: 'grandparent' }));
  await as(server, former).delete(`/family/members/${former.memberId}`);
  const leaving = await newGuest(server, await newInvitation(server, family, { role: 'grandparent' }));
  await server.http().delete('/api/v1/users/me').set('authorization', leaving.bearer).send({}).expect(202);
  await asIdentity(server, `UPDATE users SET status = 'erasing' WHERE id = $1`, [leaving.userId]);
  await server.close();
}

/** A statement on everything that there is: on accounts, and on the one family of the bench. */
async function inEveryFamily(owner: DataSource, statement: string): Promise<object[]> {
  return owner.transaction(async (manager) => {
    await manager.query("SELECT set_config('app.realm', 'worker', true)");
    const [family] = await manager.query<{ id: string }[]>('SELECT id FROM families');
    await manager.query("SELECT set_config('app.realm', 'identity', true), set_config('app.family_id', $1, true)", [
      family?.id ?? '',
    ]);
    const answer = await manager.query<object[] | [object[], number]>(statement);
    return (Array.isArray(answer[0]) ? answer[0] : answer) as object[];
  });
}

/** Alerts that people were told of, which the journal brings there. */
const ALERTS = [
  `INSERT INTO alert_silences (id, matchers, comment, starts_at, ends_at)
   VALUES (gen_random_uuid(), '[{"name":"alertname","operator":"=","value":"DiskLow"}]', 'Why', now(), now() + interval '1 h')`,
  `INSERT INTO alert_episodes (id, fingerprint, source, rule, severity, labels, annotations, starts_at)
   VALUES (gen_random_uuid(), md5('disk'), 'rules', 'DiskLow', 'warning', '{}', '{"summary":"low"}', now())`,
  `INSERT INTO alert_notifications (id, notification, channel, outcome, attempts, at, episodes)
   VALUES ('one', 'one', 'webhook', 'notified', 1, now(), ARRAY['disk/1'])`,
  `INSERT INTO alert_channels VALUES ('webhook', now())`,
  `INSERT INTO alert_watchdogs VALUES ('Watchdog', now())`,
];

/** Takes every migration back. */
async function dismantle(database: TestDatabase): Promise<void> {
  const bench = await Workbench.open(database);
  while ((await bench.migrator.down()) !== undefined) continue;
  await bench.close();
}

/** Tables that hold rows. By their size, because row-level security hides the rows from the owner as well. */
async function filledTables(owner: DataSource): Promise<string[]> {
  const rows = await owner.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY relname`,
  );
  return rows.map(({ name }) => name);
}

interface Schema {
  readonly tables: Readonly<Record<string, { security: string; columns: string[]; grants: string }>>;
  readonly indexes: string[];
  readonly constraints: string[];
  readonly policies: { table: string; command: string }[];
  readonly functions: string[];
  readonly triggers: string[];
  readonly comments: string[];
  readonly schemas: string[];
}

/** Everything that a migration makes, in words, in a fixed order; nothing that depends on numbers of the catalogue. */
async function schemaOf(owner: DataSource): Promise<Schema> {
  const texts = async (query: string): Promise<string[]> =>
    (await owner.query<{ text: string }[]>(query)).map(({ text }) => text).sort();
  const ours = `IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'app'))`;
  const notOfExtensions = (id: string): string =>
    `NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = ${id} AND d.deptype = 'e')`;
  const tables = await owner.query<{ name: string; security: string; columns: string[]; grants: string }[]>(
    `SELECT c.relname AS name, coalesce((SELECT string_agg(acl::text, ' ' ORDER BY acl::text) FROM unnest(c.relacl) AS acl), '') AS grants,
       CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'on' ELSE 'off' END AS security,
       ARRAY(SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
           pg_get_expr(def.adbin, def.adrelid), a.attacl::text)
         FROM pg_attribute a LEFT JOIN pg_attrdef def ON def.adrelid = a.attrelid AND def.adnum = a.attnum
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
     FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace ${ours} AND ${notOfExtensions('c.oid')} ORDER BY 1`,
  );
  return {
    tables: Object.fromEntries(tables.map(({ name, ...rest }) => [name, rest])),
    indexes: await texts(`SELECT indexdef AS text FROM pg_indexes WHERE schemaname IN ('public', 'app')`),
    constraints: await texts(
      `SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS text FROM pg_constraint
       WHERE connamespace ${ours} AND conrelid <> 0`,
    ),
    policies: await owner.query(
      `SELECT tablename AS table, policyname AS name, permissive, roles::text, cmd AS command, qual AS using, with_check AS check
       FROM pg_policies ORDER BY tablename, policyname`,
    ),
    functions: await texts(
      `SELECT concat_ws(' ', pg_get_functiondef(oid), proacl::text) AS text FROM pg_proc p
       WHERE pronamespace ${ours} AND ${notOfExtensions('p.oid')}`,
    ),
    triggers: await texts(`SELECT pg_get_triggerdef(oid) AS text FROM pg_trigger WHERE NOT tgisinternal`),
    comments: await texts(
      `SELECT concat_ws(' ', c.relname, a.attname, d.description) AS text FROM pg_description d JOIN pg_class c ON c.oid = d.objoid
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND a.attnum > 0
       WHERE d.classoid = 'pg_class'::regclass AND c.relnamespace ${ours} AND ${notOfExtensions('c.oid')}`,
    ),
    schemas: await texts(
      `SELECT nspname || ' ' || coalesce((SELECT string_agg(acl::text, ' ' ORDER BY acl::text) FROM unnest(nspacl) AS acl), '') AS text
       FROM pg_namespace WHERE oid ${ours}`,
    ),
  };
}
