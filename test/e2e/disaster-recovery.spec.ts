import { readFileSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PROJECT_DIR, type Environment } from '../../src/platform/config/index.js';
import { newLockedBucket } from '../support/append-only.js';
import { newBackupPlace, type BackupPlace } from '../support/backup.js';
import { cli, type Outcome } from '../support/cli.js';
import { startApp } from '../support/create-app.js';
import { asOwner, newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { lookAround, moveIn, type Belongings } from '../support/drill.js';
import { asIdentity } from '../support/factories.js';
import { whole } from '../support/sample.js';

// A limit for what hangs: each command is a process of its own.
jest.setTimeout(300_000);

/** The commands of the document, by the heading under which they stand. */
function commandsUnder(heading: string): string[][] {
  const text = readFileSync(join(PROJECT_DIR, 'docs/DISASTER_RECOVERY.md'), 'utf8');
  const section = text.split(/^##+ /m).find((each) => each.startsWith(heading)) ?? '';
  const blocks = Array.from(section.matchAll(/```sh\n([\s\S]*?)```/g), ([, block = '']) => block);
  const commands = blocks.flatMap((block) =>
    block
      .trim()
      .split('\n')
      .map((line) => line.replace('npm run cli -- ', '').split(' ')),
  );
  if (commands.length === 0) throw new Error(`no commands under ${heading}`);
  return commands;
}

describe('docs/DISASTER_RECOVERY.md', () => {
  let place: BackupPlace;
  let database: TestDatabase;
  let env: Environment;
  /** What stands for words of the document: names of files, and a time. */
  let words: Record<string, string>;
  let kept: string[];
  let before: Belongings;

  beforeEach(async () => {
    [place, database, kept] = [await newBackupPlace(), await newDatabase(), []];
    const root = join(place.folder, '..');
    const names = ['recovery.key', 'recovery-2.key', 'elsewhere.env'];
    words = Object.fromEntries(names.map((name) => [name, join(root, name)]));
    env = { ...database.env, BACKUP_FOLDER: place.folder };
    await follow('Before the first backup');
    before = await moveIn(database, env);
  });
  afterEach(async () => {
    for (const name of kept) await asOwner(process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '', `DROP DATABASE ${name}`);
    await database.drop();
    await place.drop();
  });

  /** Runs what stands under a heading as it is written; what a new key says goes into the settings. */
  async function follow(heading: string): Promise<void> {
    for (const args of commandsUnder(heading)) await run(args);
  }

  async function run(args: readonly string[]): Promise<Outcome> {
    const outcome = await cli(
      env,
      args.map((arg) => words[/^\d{4}-\d\d-/.test(arg) ? 'time' : arg] ?? arg),
    );
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    for (const line of outcome.stdout.trim().split('\n')) {
      const said = JSON.parse(line) as { event: string; recipient?: string; kept?: string | null };
      if (said.recipient !== undefined) env = { ...env, BACKUP_RECIPIENTS: said.recipient };
      if (onPostgres && said.event === 'restored' && said.kept) kept.push(said.kept);
    }
    return outcome;
  }

  /** Another machine: nothing of the old one is there, but what is brought along. */
  async function onNewMachine(settings: Environment = {}): Promise<void> {
    await database.drop();
    env = { ...env, DATA_DIR: await mkdtemp(join(tmpdir(), 'family-assistant-')), ...settings };
    database = { ...database, env, drop: dropBoth(database, env['DATA_DIR'] ?? '') };
  }

  const dropBoth =
    ({ drop }: TestDatabase, folder: string) =>
    async (): Promise<void> => {
      await drop();
      await rm(folder, { recursive: true, force: true });
    };

  /** All rows, and the answers of all searches, are those of before. */
  async function isAllBack(): Promise<void> {
    expect(await lookAround(database, env, before)).toEqual(before);
  }

  /** Somebody, or something, changes what people have. */
  async function spoil(): Promise<void> {
    const server = await startApp({ database: { ...database, env } });
    try {
      await asIdentity(server, `UPDATE users SET first_name = 'encrypted' RETURNING id`, []);
      await asIdentity(server, `DELETE FROM credentials RETURNING user_id`, []);
    } finally {
      await server.close();
    }
  }

  it('brings back what was deleted by mistake, and keeps what was there', async () => {
    await run(['backup', 'create']);
    await follow('Should the server have a key');
    expect(await place.named('verified.json')).toHaveLength(1);
    await spoil();
    if (onPostgres) await asOwner(env['DATABASE_OWNER_URL'] ?? '', 'DROP TABLE memories CASCADE');

    await follow('The database is damaged');

    await isAllBack();
    if (onPostgres) expect(kept).toEqual([expect.stringContaining('before')]);
  });

  it('brings everything back on a new machine with the target, the key and the command', async () => {
    await run(['backup', 'create']);
    await follow('Should the server have a key');
    await onNewMachine({ BACKUP_RECIPIENTS: '' });
    await follow('The machine or its disk is gone');
    await isAllBack();
  });

  whole('brings everything back from a copy elsewhere, when the target is gone as well', async () => {
    env = { ...env, BACKUP_IDENTITY_FILE: words['recovery.key'] };
    await run(['backup', 'create']);
    const elsewhere = join(place.folder, '../elsewhere');
    await writeFile(words['elsewhere.env'] ?? '', `BACKUP_FOLDER=${elsewhere}\n`);
    await follow('A copy elsewhere');
    await run(['backup', 'create']);
    await follow('A copy elsewhere');
    await rm(place.folder, { recursive: true });
    await onNewMachine({ BACKUP_FOLDER: elsewhere, BACKUP_IDENTITY_FILE: '', BACKUP_RECIPIENTS: '' });
    await follow('The region is away');
    await isAllBack();
  });

  whole('brings back what was before somebody took over the server, whose target let nothing be deleted', async () => {
    const bucket = await newLockedBucket(join(place.folder, '../s3'));
    try {
      env = { ...env, ...bucket.env, BACKUP_IDENTITY_FILE: words['recovery.key'] };
      await run(['backup', 'create']);
      words['time'] = new Date().toISOString();
      await spoil();
      await run(['backup', 'create']);
      await onNewMachine({ BACKUP_IDENTITY_FILE: '' });
      await rename(words['recovery.key'] ?? '', words['recovery-2.key'] ?? ''); // brought along, beside a new one
      await follow('Before the first backup');
      await rename(words['recovery-2.key'] ?? '', words['recovery.key'] ?? '');
      await follow('The server was taken over');
      await isAllBack();
    } finally {
      await bucket.drop();
    }
  });

  whole('goes on with a new key when the old one is lost, as long as the server lives', async () => {
    await run(['backup', 'create']);
    await rm(words['recovery.key'] ?? '');
    await follow('The private key is lost');
    const old = await cli(env, ['restore', '1', '--replace', '--identity', words['recovery-2.key'] ?? '']);
    expect(old.stderr).toContain('(backup_wrong_key)');
    words['recovery.key'] = words['recovery-2.key'] ?? '';
    await onNewMachine();
    await follow('The machine or its disk is gone');
    await isAllBack();
  });

  whole('goes back to before a release that has spoiled the data', async () => {
    env = { ...env, BACKUP_IDENTITY_FILE: words['recovery.key'] };
    const [[...create] = [], ...back] = commandsUnder('A migration went wrong');
    await run(create);
    await spoil();
    expect(await cli(env, ['migrate', 'down'])).toMatchObject({ code: 0 });
    for (const args of back) await run(args);
    await isAllBack();
  });
});
