import { chmodSync, mkdirSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { unaccent } from '@electric-sql/pglite/contrib/unaccent';
import { vector } from '@electric-sql/pglite-pgvector';
import { tryLock, unlock } from 'fs-native-extensions';
import { DatabaseSetupError, DataFolderInUseError } from './database.errors.js';
import { SYNCED, SyncedFiles } from './synced-files.js';

/**
 * PostgreSQL inside this process, stored in `DATA_DIR/database`.
 *
 * The ordinary `pg` driver talks to it through `connect()`, a stream of the PostgreSQL wire protocol; so named
 * statements, types and errors are the same as with a server. It has one session: pools on it have one connection.
 */
export class EmbeddedDatabase {
  private constructor(
    private readonly engine: PGlite,
    private readonly lock: number,
  ) {}

  /**
   * Opens the folder, which is made when it is not there.
   * @throws DatabaseSetupError when another process uses it. The lock is the kernel's, so it ends with its process.
   */
  static async open(dataDir: string): Promise<EmbeddedDatabase> {
    const lock = lockFolder(dataDir);
    try {
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
      return new EmbeddedDatabase(engine, lock);
    } catch (error) {
      release(lock);
      throw new DatabaseSetupError(`The embedded database in ${dataDir} cannot be opened: ${String(error)}`);
    }
  }

  /** A connection as `pg` wants it (its `stream` option). */
  connect(): Duplex {
    return new ProtocolStream(this.engine);
  }

  async close(): Promise<void> {
    await this.engine.close();
    release(this.lock);
  }
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

/** Carries the wire protocol between `pg` and the embedded engine. */
class ProtocolStream extends Duplex {
  constructor(private readonly engine: PGlite) {
    super();
  }

  /** A new connection inherits the one session; what the last one left in it (a transaction, statements) is dropped. */
  connect(): this {
    void this.engine
      .exec('ROLLBACK')
      .then(() => this.engine.exec('DISCARD ALL'))
      .then(
        () => this.emit('connect'),
        (error: unknown) => this.destroy(error as Error),
      );
    return this;
  }

  override _read(): void {
    // Answers are pushed as they come.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.exchange(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.exchange(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  private exchange(message: Buffer, done: (error?: Error | null) => void): void {
    this.engine
      .runExclusive(() => this.engine.execProtocolRaw(message))
      .then(
        (answer) => {
          if (answer.length > 0 && !this.destroyed) this.push(Buffer.from(answer));
          done();
        },
        (error: unknown) => {
          done(error as Error);
        },
      );
  }

  // What `pg` asks of a socket besides.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
