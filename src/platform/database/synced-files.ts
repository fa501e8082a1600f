import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** What the engine's own file system knows of an open file (Emscripten, `src/lib/libnodefs.js`). */
interface Stream {
  /** Descriptor; folders have none. */
  readonly nfd?: number;
  readonly node: unknown;
}

interface NodeFileSystem {
  readonly stream_ops: { fsync?(stream: Stream): number };
  realPath(node: unknown): string;
}

interface FileSystems {
  readonly filesystems: { readonly NODEFS: NodeFileSystem };
  readonly ErrnoError: new (number: number) => Error;
}

/** I/O error, as Emscripten numbers it (WASI `errno`). */
const EIO = 29;

/**
 * Starts the engine as PostgreSQL is meant to run. By itself it leaves `fsync` out; `wal_sync_method` has to be the one of
 * its two that reaches the file system.
 */
export const SYNCED = [...PGlite.defaultStartParams.filter((one) => one !== '-F'), '-c', 'wal_sync_method=fsync'];

/**
 * The files of the embedded database, with an `fsync` that reaches the disk: the engine's file system has none, so what
 * was acknowledged would be in the cache of the operating system only, and gone when the power is.
 */
export class SyncedFiles extends NodeFS {
  private readonly isNew: boolean;

  constructor(folder: string) {
    super(folder);
    this.isNew = !existsSync(join(folder, 'PG_VERSION'));
  }

  override async init(...[engine, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(engine, options);
    const preRun: NonNullable<typeof emscriptenOpts.preRun> = [
      ...(emscriptenOpts.preRun ?? []),
      (engineModule) => {
        // Its declarations lean on a package of types that it does not bring.
        const { filesystems, ErrnoError } = (engineModule as unknown as { readonly FS: FileSystems }).FS;
        const { NODEFS } = filesystems;
        NODEFS.stream_ops.fsync = (stream) => {
          try {
            sync(stream, NODEFS);
            return 0;
          } catch {
            // PostgreSQL stops at it, rather than to acknowledge what may be lost.
            throw new ErrnoError(EIO);
          }
        };
      },
    ];
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }

  /** Brings the files of a new database to the disk: what makes them syncs none. Once, before anything is stored. */
  async settle(): Promise<void> {
    if (!this.isNew) return;
    const entries = await readdir(this.rootDir, { recursive: true });
    await Promise.all(['.', ...entries].map((name) => syncAt(join(this.rootDir, name))));
  }
}

function sync({ nfd, node }: Stream, files: NodeFileSystem): void {
  if (nfd !== undefined) {
    fsyncSync(nfd);
    return;
  }
  const folder = openSync(files.realPath(node), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

async function syncAt(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
