import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asOwner, newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { as, found, newFamily, newFirstAdmin, newMemory, type SignedIn } from '../support/factories.js';
import { newBackup, newBackupPlace, type BackupPlace } from '../support/backup.js';
import { serversControl, until } from '../support/process.js';

// A limit for what hangs: whole clusters are copied and started here.
jest.setTimeout(300_000);

const DOCUMENT = readFileSync(join(PROJECT_DIR, 'docs/operations/PGBACKREST.md'), 'utf8');
/** Where Debian has the data directory, in the document. */
const MAIN = '/var/lib/postgresql/17/main';
const WRITTEN_TIME = '2026-11-21 18:04:00+00';
const REPOSITORY = '/var/lib/pgbackrest';
const LOGS = '/var/log/pgbackrest';

/** Blocks of the document of one language, under a heading. */
function blocksUnder(heading: string, language: string): string[] {
  const section = DOCUMENT.split(/^## /m).find((each) => each.startsWith(heading)) ?? '';
  return Array.from(
    section.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g')),
    ([, block = '']) => block,
  );
}
const commandsUnder = (heading: string): string[] =>
  blocksUnder(heading, 'sh').flatMap((block) => block.trim().split('\n'));

/** A command as a shell splits it. */
const wordsOf = (command: string): string[] =>
  Array.from(command.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? '');

const control = serversControl();
/** The servers' root directory. */
const tree = join(process.env['TEST_RECOVERED_DIR'] ?? '', '../..');
const hasPgbackrest = onPostgres && control && existsSync(join(tree, 'usr/bin/pgbackrest'));
const onServers = hasPgbackrest ? describe : describe.skip;

onServers('docs/operations/PGBACKREST.md', () => {
  const data = join(tree, 'state/pg');
  const settings = join(data, 'postgresql.conf');
  let settingsBefore: string;
  let place: BackupPlace;
  let database: TestDatabase;
  let server: TestApp | undefined;

  beforeEach(async () => {
    settingsBefore = await readFile(settings, 'utf8');
    place = await newBackupPlace();
    database = await newDatabase();
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await control?.('pg-stop');
    if (existsSync(`${data}.before`)) {
      await rm(data, { recursive: true, force: true });
      await rename(`${data}.before`, data);
    }
    await writeFile(settings, settingsBefore);
    await rm(join(tree, REPOSITORY), { recursive: true, force: true });
    await control?.('pg-start');
    await database.drop();
    await place.drop();
  });

  const here = (path: string): string => path.replace(MAIN, '/state/pg');

  /** A folder of the servers' user. */
  async function ownFolder(path: string): Promise<void> {
    const { uid, gid } = await stat(join(tree, 'state/log'));
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chown(path, uid, gid);
  }

  /** One command of the document, on the servers of the tests; `at` stands for the time that is written there. */
  async function run(command: string, at = WRITTEN_TIME): Promise<string> {
    const [sudo, ...words] = wordsOf(command).map((word) => here(word).replace(WRITTEN_TIME, at));
    expect(sudo).toBe('sudo');
    if (words[0] === 'systemctl') {
      await control?.(words[1] === 'stop' ? 'pg-stop' : 'pg-start');
      return '';
    }
    if (words[0] === 'mv') {
      const [, from = '', to = ''] = words;
      await rename(join(tree, from), join(tree, to));
      await ownFolder(join(tree, from)); // where Debian has it, its user can make it
      return '';
    }
    expect(words.splice(0, 2)).toEqual(['-u', 'postgres']);
    const { stdout } = await promisify(execFile)(process.env['TEST_SERVERS_CTL'] ?? '', ['inside', ...words]);
    return stdout;
  }

  async function setUp(): Promise<void> {
    const [configuration = '', postgresql = ''] = blocksUnder('Set it up', 'ini');
    const { port } = new URL(process.env['TEST_DATABASE_URL'] ?? '');
    await writeFile(join(tree, 'etc/pgbackrest.conf'), here(configuration).replace('5432', port));
    await rm(join(tree, REPOSITORY), { recursive: true, force: true }); // of a run that was killed
    for (const folder of [REPOSITORY, LOGS]) await ownFolder(join(tree, folder));
    await writeFile(settings, settingsBefore + postgresql);
    await control?.('pg-stop');
    await control?.('pg-start');
    for (const command of commandsUnder('Set it up')) await run(command);
  }

  const QUERIES = ['blue flowerpot', 'cumpleaños de la abuela', 'Wo liegt der Schlüssel?'];
  const answers = (app: TestApp, person: SignedIn): Promise<unknown> =>
    Promise.all(QUERIES.map((query) => found(app, person, query)));

  const health = async (app: TestApp, admin: SignedIn): Promise<unknown> =>
    (await app.http().get('/health').set('authorization', admin.bearer)).body;
  const status = async (app: TestApp, admin: SignedIn): Promise<unknown> =>
    (await as(app, admin).get('/backups/status')).body;

  it('brings back the minute before a mistake, the search answers as before, and nothing asks for a receiver', async () => {
    server = await startApp({ database, env: { REGISTRATION: 'open' } });
    const admin = await newFirstAdmin(server);
    const { parent } = await newFamily(server);
    await newMemory(server, parent, 'The spare key is under the blue flowerpot');
    await setUp();
    await newMemory(server, parent, 'La abuela cumple años el 7 de mayo');
    const daily = commandsUnder('Every day');
    for (const command of daily) await run(command);
    await newMemory(server, parent, 'Der Schlüssel zum Keller liegt im Flur');
    const before = await answers(server, parent);
    expect(await status(server, admin)).toMatchObject({ state: 'off', last_error: null });
    expect(await health(server, admin)).not.toHaveProperty('components.backup');
    await server.close();
    server = undefined;
    const owner = database.env['DATABASE_OWNER_URL'] ?? '';
    const [{ now = '' } = {}] = (await asOwner(owner, 'SELECT clock_timestamp()::text AS now')).rows as {
      now?: string;
    }[];
    await asOwner(owner, 'DROP TABLE memories CASCADE');
    // A recovery to a time needs to see that more was written after it.
    await run('sudo -u postgres pgbackrest --stanza=family check');

    for (const command of commandsUnder('Back to a time')) await run(command, now);

    await until('it has recovered', async () => {
      const { rows } = await asOwner(owner, 'SELECT pg_is_in_recovery() AS is_recovering');
      return !(rows as { is_recovering: boolean }[])[0]?.is_recovering;
    });
    const { rows } = await asOwner(owner, `SELECT to_regclass('memories') IS NOT NULL AS "isThere"`);
    expect(rows).toEqual([{ isThere: true }]);
    // Without Redis, which remembers the answers of before.
    server = await startApp({ database, env: { ...place.env, REDIS_URL: '' } });
    expect(await answers(server, parent)).toEqual(before);
    expect(before).toEqual(QUERIES.map(() => expect.arrayContaining([expect.anything()])));
    expect(await newBackup(server, admin)).toMatchObject({ verification: 'verified' });
    expect(await status(server, admin)).toMatchObject({ state: 'ok' });
    expect(await health(server, admin)).toMatchObject({ components: { backup: { status: 'up', state: 'ok' } } });
    expect(await health(server, admin)).not.toHaveProperty('components.backup.wal_receiver');
  });

  it('keeps two full backups, encrypted', async () => {
    await setUp();
    const full = commandsUnder('Set it up').at(-1) ?? '';
    const [incremental = '', , info = ''] = commandsUnder('Every day');
    for (const command of [full, full, incremental]) await run(command);

    const [told] = JSON.parse(await run(info)) as { backup: { type: string; error: boolean }[]; cipher: string }[];

    expect(told).toMatchObject({ cipher: 'aes-256-cbc', status: { code: 0 } });
    expect(told?.backup.map(({ type, error }) => [type, error])).toEqual([
      ['full', false],
      ['full', false],
      ['incr', false],
    ]);
  });
});
