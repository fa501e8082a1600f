import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock, unlock } from 'fs-native-extensions';
import type { BackupConfig, DatabaseConfig } from '../../platform/config/index.js';
import { BackupError, toBackupError, type BackupErrorCode } from './backup.errors.js';
import { ownerOf } from './postgresql/places.js';
import { databaseOf, openMaintenance, ServersRepository } from './postgresql/servers.repository.js';

const BACKUP_LOCK = { name: 'backup.lock', code: 'backup_running' } as const;

/** What decides who is alone: the name of a database on its server, or the folder of an embedded one. */
export interface Household {
  readonly config: BackupConfig;
  readonly database: DatabaseConfig;
  readonly dataDir: string;
}

/**
 * Runs work unless any process of this household backs up, verifies, restores or deletes backups already. The lock ends
 * with its process: a session of the server's, beside the database, which a restore replaces; or one of the kernel's on a
 * file.
 * @param work is given a signal that is aborted when the lock is lost as well
 * @throws BackupError `backup_running`
 */
export async function exclusively<T>(
  { database, dataDir }: Household,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return database.isEmbedded ? underFileLock(dataDir, () => work(signal)) : underServerLock(database, signal, work);
}

async function underServerLock<T>(
  database: DatabaseConfig,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const owner = ownerOf(database);
  const connection = await openMaintenance(owner);
  try {
    const lock = `family-assistant backup of ${databaseOf(owner.url)}`;
    if (!(await new ServersRepository(connection.query).tryLock(lock))) throw new BackupError('backup_running');
    return await work(AbortSignal.any([signal, connection.lost]));
  } catch (error) {
    throw connection.lost.aborted ? new BackupError('backup_database_lost') : error;
  } finally {
    await connection.close();
  }
}

/**
 * Runs work unless a process of this machine has the lock of that name in the folder.
 * @throws BackupError `code`
 */
export async function underFileLock<T>(
  dataDir: string,
  work: () => Promise<T>,
  { name, code }: { readonly name: string; readonly code: BackupErrorCode } = BACKUP_LOCK,
): Promise<T> {
  let handle: number;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    handle = openSync(join(dataDir, name), 'a', 0o600);
  } catch (error) {
    throw toBackupError(error);
  }
  try {
    if (!tryLock(handle)) throw new BackupError(code);
    try {
      return await work();
    } finally {
      unlock(handle);
    }
  } finally {
    closeSync(handle);
  }
}
