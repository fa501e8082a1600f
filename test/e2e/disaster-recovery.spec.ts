import { readFileSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PROJECT_DIR, type Environment } from '../../src/platform/config/index.js';
import { newBackupPlace, type BackupPlace } from '../support/backup.js';
import { cli, type Outcome } from '../support/cli.js';
import { startApp } from '../support/create-app.js';
import { asOwner, newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { found, newFamily, newFirstAdmin, newMemory, type FamilyMember } from '../support/factories.js';

// A limit for what hangs: each command is a process of its own.
jest.setTimeout(180_000);

/** The commands of the document, by the heading under which they stand. */
function commandsUnder(heading: string): string[][] {
  const text = readFileSync(join(PROJECT_DIR, 'docs/DISASTER_RECOVERY.md'), 'utf8');
  const section = text.split(/^##+ /m).find((each) => each.startsWith(heading)) ?? '';
  const blocks = Array.from(section.matchAll(/```sh\n([\s\S]*?)```/g), ([, block = '']) => block);
  return blocks.flatMap((block) =>
    block
      .trim()
      .split('\n')
      .map((line) => line.replace('npm run cli -- ', '').split(' ')),
  );
}

describe('docs/DISASTER_RECOVERY.md', () => {
  let place: BackupPlace;
  let database: TestDatabase;
  let env: Environment;
  let key: string;

  beforeEach(async () => {
    place = await newBackupPlace();
    database = await newDatabase();
    key = join(place.folder, '../recovery.key');
    const [[...keygen] = []] = commandsUnder('Before the first backup');
    const made = await run(keygen, {});
    const { recipient } = JSON.parse(made.stdout.split('\n')[0] ?? '') as { recipient: string };
    env = { ...database.env, BACKUP_FOLDER: place.folder, BACKUP_RECIPIENTS: recipient };
  });
  afterEach(async () => {
    await database.drop();
    await place.drop();
  });

  /** As it is written, but for where the key is. */
  async function run(args: readonly string[], settings: Environment): Promise<Outcome> {
    const outcome = await cli(
      settings,
      args.map((arg) => (arg === 'recovery.key' ? key : arg)),
    );
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    return outcome;
  }

  async function whatIsFound(parent: FamilyMember | undefined, settings: Environment): Promise<FamilyMember> {
    const server = await startApp({ database: { ...database, env: settings }, env: { REGISTRATION: 'open' } });
    try {
      if (!parent) {
        await newFirstAdmin(server);
        const family = await newFamily(server);
        await newMemory(server, family.parent, 'The spare key is under the blue flowerpot');
        return family.parent;
      }
      expect(await found(server, parent, 'blue flowerpot')).toHaveLength(1);
      return parent;
    } finally {
      await server.close();
    }
  }

  it('brings back what was deleted by mistake, and keeps what was there', async () => {
    const parent = await whatIsFound(undefined, env);
    await run(['backup', 'create'], env);
    for (const args of commandsUnder('Should the server have a key')) await run(args, env);
    expect(await place.named('verified.json')).toHaveLength(1);
    if (onPostgres) await asOwner(env['DATABASE_OWNER_URL'] ?? '', 'DROP TABLE memories CASCADE');

    const outcomes: Outcome[] = [];
    for (const args of commandsUnder('The database is damaged')) outcomes.push(await run(args, env));

    const { kept } = JSON.parse(outcomes.at(-1)?.stdout.trim().split('\n').at(-1) ?? '') as { kept: string };
    expect(kept).toContain('before');
    await whatIsFound(parent, env);
    if (onPostgres) await asOwner(process.env['TEST_DATABASE_URL'] ?? '', `DROP DATABASE ${kept}`);
  });

  it('brings everything back on a new machine with the target, the key and the command', async () => {
    const parent = await whatIsFound(undefined, env);
    await run(['backup', 'create'], env);
    for (const args of commandsUnder('Should the server have a key')) await run(args, env);
    const secrets = onPostgres ? '' : await readFile(join(env['DATA_DIR'] ?? '', 'secrets.json'), 'utf8');
    await database.drop(); // the machine is gone
    const { BACKUP_FOLDER = '', ...rest } = env;
    const machine = { ...rest, BACKUP_FOLDER, BACKUP_RECIPIENTS: '' };

    for (const args of commandsUnder('The machine or its disk is gone')) await run(args, machine);

    // So that the token of before can be used, this machine has the old signing key as well.
    if (!onPostgres) {
      const file = join(env['DATA_DIR'] ?? '', 'secrets.json');
      await rm(file, { force: true });
      await writeFile(file, secrets);
      await chmod(file, 0o600);
    }
    await whatIsFound(parent, machine);
  });
});
