import { chmodSync, mkdirSync, openSync, closeSync, constants } from 'node:fs';
import { join } from 'node:path';
import { cp } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { unaccent } from '@electric-sql/pglite/contrib/unaccent';
import { vector } from '@electric-sql/pglite-pgvector';
import { tryLock, unlock } from 'fs-native-extensions';
import { DatabaseSetupError, DataFolderInUseError } from './database.errors.js';
import { finishSwap } from './embedded-swap.js';
import { ProtocolStream, type Engine } from './protocol-stream.js';
import { SYNCED, SyncedFiles } from './synced-files.js';

/**
 * PostgreSQL inside this process, stored in `DATA_DIR/database`.
 *
 * The ordinary `pg` driver talks to it through `connect()`, a stream of the PostgreSQL wire protocol; so named
 * statements, types and errors are the same as with a server. It has one session: pools on it have one connection.
 */
export class EmbeddedDatabase implements Engine {
  private constructor(
    private readonly engine: PGlite,
    private readonly lock: number,
    private readonly folder: string,
  ) {}

  /**
   * Opens the folder, which is made when it is not there.
   * @throws DatabaseSetupError when another process uses it. The lock is the kernel's, so it ends with its process.
   */
  static async open(dataDir: string): Promise<EmbeddedDatabase> {
    const lock = lockFolder(dataDir);
    try {
      await finishSwap(dataDir); // of a restore that was interrupted
      // The engine makes files that anybody may read; the folder around them lets nobody else in.
      mkdirSync(join(dataDir, 'database'), { recursive: true });
      chmodSync(join(dataDir, 'database'), 0o700);
      const files = new SyncedFiles(join(dataDir, 'database'));
      const engine = await PGlite.create({
        fs: files,
        startParams: SYNCED,
        extensions: { vector, pg_trgm, unaccent, btree_gist },
      });
      await files.settle();
      return new EmbeddedDatabase(engine, lock, join(dataDir, 'database'));
    } catch (error) {
      release(lock);
      throw new DatabaseSetupError(`The embedded database in ${dataDir} cannot be opened: ${String(error)}`);
    }
  }

  /** A connection as `pg` wants it (its `stream` option). */
  connect(): Duplex {
    const { engine } = this;
    return new ProtocolStream({
      reset: () => engine.exec('ROLLBACK').then(() => engine.exec('DISCARD ALL')),
      exchange: (message) => engine.runExclusive(() => engine.execProtocolRaw(message)),
    });
  }

  /**
   * Copies the files as they are between two statements into a new folder: what a crash at that moment would leave, so
   * a clone that is opened there has everything that was acknowledged. Statements wait meanwhile.
   */
  async copyTo(folder: string): Promise<void> {
    await this.engine.runExclusive(() =>
      cp(this.folder, folder, { recursive: true, mode: constants.COPYFILE_FICLONE, preserveTimestamps: true }),
    );
  }

  async close(): Promise<void> {
    await this.engine.close();
    release(this.lock);
  }
}

/**
 * Keeps every server away from a data folder.
 * @returns what gives it back
 * @throws DatabaseSetupError when a process has it
 */
export function lockDataFolder(dataDir: string): () => void {
  const lock = lockFolder(dataDir);
  return () => {
    release(lock);
  };
}

function lockFolder(dataDir: string): number {
  let handle: number;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    handle = openSync(join(dataDir, 'lock'), 'a', 0o600);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new DatabaseSetupError(`The data folder ${dataDir} cannot be used (${code}). Choose another by DATA_DIR.`);
  }
  if (tryLock(handle)) return handle;
  closeSync(handle);
  throw new DataFolderInUseError(dataDir);
}

function release(lock: number): void {
  unlock(lock);
  closeSync(lock);
}
