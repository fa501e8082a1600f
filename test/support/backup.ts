import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Environment } from '../../src/platform/config/index.js';
import { as, type SignedIn } from './factories.js';
import type { TestApp } from './create-app.js';
import { until } from './process.js';

/** A key of age, in a file that only its owner can read. */
export interface BackupKey {
  readonly recipient: string;
  readonly identity: string;
  readonly file: string;
}

/** A place for backups of a test file's own, and a key for them. */
export interface BackupPlace {
  /** Folder in which the backups are. */
  readonly folder: string;
  readonly key: BackupKey;
  /** Settings of a server that makes backups there and verifies them. */
  readonly env: Environment;
  newKey(name: string): Promise<BackupKey>;
  files(): Promise<string[]>;
  /** Files of one kind, in the order of the chain: `manifest.json`. */
  named(part: string): Promise<string[]>;
  read(name: string): Promise<Buffer>;
  write(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  drop(): Promise<void>;
}

export async function newBackupPlace(): Promise<BackupPlace> {
  const root = await mkdtemp(join(tmpdir(), 'family-assistant-backups-'));
  const folder = join(root, 'backups');
  const newKey = async (name: string): Promise<BackupKey> => {
    const identity = await generateX25519Identity();
    const file = join(root, `${name}.key`);
    await writeFile(file, `# a key of a test\n${identity}\n`, { mode: 0o600 });
    return { recipient: await identityToRecipient(identity), identity, file };
  };
  const key = await newKey('main');
  const files = async (): Promise<string[]> =>
    (await readdir(folder).catch(() => [])).filter((name) => name !== '.partial').sort();
  return {
    folder,
    key,
    env: { BACKUP_RECIPIENTS: key.recipient, BACKUP_IDENTITY_FILE: key.file, BACKUP_FOLDER: folder },
    newKey,
    files,
    named: async (part) => (await files()).filter((name) => name.endsWith(`.${part}`)),
    read: (name) => readFile(join(folder, name)),
    write: (name, bytes) => writeFile(join(folder, name), bytes),
    remove: (name) => rm(join(folder, name)),
    drop: () => rm(root, { recursive: true, force: true }),
  };
}

/** A backup as the API has it. */
export interface Backup {
  readonly id: string;
  readonly sequence: number | null;
  readonly state: string;
  readonly error: string | null;
  readonly verification: string | null;
  readonly verification_error: string | null;
  readonly stored: string | null;
  readonly size: number | null;
}

/** Asks for a backup and waits until it is made and, where there is a key, verified, or has failed. */
export async function newBackup(server: TestApp, operator: Pick<SignedIn, 'bearer'>): Promise<Backup> {
  const { status, body } = await as(server, operator).post<Backup>('/backups');
  if (status !== 202) throw new Error(`a backup was answered with ${String(status)}`);
  return settled(server, operator, body.id);
}

/** Waits for the end of a backup that was asked for. */
export const settled = (server: TestApp, operator: Pick<SignedIn, 'bearer'>, id: string): Promise<Backup> =>
  until('the backup has ended', async () => {
    const { body } = await as(server, operator).get<Backup>(`/backups/${id}`);
    const isDone = body.state === 'failed' || (body.state === 'succeeded' && body.verification !== 'pending');
    return isDone && body;
  });
