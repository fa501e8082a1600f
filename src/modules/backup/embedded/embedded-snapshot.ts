import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'tar';
import type { EmbeddedClone, EmbeddedDatabase } from '../../../platform/database/index.js';
import { sealArchive } from '../archive/archive.js';
import { toBackupError } from '../backup.errors.js';
import { Connection } from '../connection.repository.js';
import { ReadingRepository } from '../reading.repository.js';
import { askAll, sourceFacts, type Snapshot } from '../source.js';
import type { Chunks } from '../targets/target.js';
import { openClone } from './open-clone.js';
import { newWorkFolder } from './work-folder.js';

const ARCHIVE = 'tar.zst.age';

/** Folder of the archive in which the files of the database are. */
export const INNER = 'database';

/**
 * A snapshot of the embedded database: a copy of its files between two statements, opened in a thread of its own. The
 * live engine has one session, which no dump may hold.
 */
export async function openEmbeddedSnapshot(
  live: Pick<EmbeddedDatabase, 'copyTo'>,
  dataDir: string,
  signal: AbortSignal,
): Promise<Snapshot> {
  const work = await newWorkFolder(dataDir, 'snapshot');
  const folder = join(work.path, INNER);
  let clone: EmbeddedClone | undefined;
  let connection: Connection | undefined;
  const close = async (): Promise<void> => {
    await connection?.close();
    await clone?.close();
    await work.remove();
  };
  try {
    const takenAt = new Date();
    await live.copyTo(folder);
    signal.throwIfAborted();
    clone = await openClone(folder, 'backup_source_damaged');
    connection = await Connection.open({ engine: clone });
    const { query } = connection;
    const reading = new ReadingRepository(query);
    const facts = await reading.facts();
    return {
      facts: sourceFacts('embedded', String(facts.server_version), facts),
      takenAt,
      archive: ARCHIVE,
      fingerprints: (onTable) =>
        reading.fingerprints(signal, onTable).catch((error: unknown) => {
          throw toBackupError(error);
        }),
      probe: (probes) => askAll(probes, query),
      sealed: (recipients) => sealArchive(ARCHIVE, closedFiles(work.path, folder, [connection, clone]), recipients),
      close,
    };
  } catch (error) {
    await close();
    throw toBackupError(error);
  }
}

/** The files of the copy, once it has been shut down in order. */
async function* closedFiles(
  parent: string,
  folder: string,
  open: readonly ({ close(): Promise<void> } | undefined)[],
): AsyncGenerator<Uint8Array> {
  for (const each of open) await each?.close();
  await rm(join(folder, 'postmaster.pid'), { force: true });
  yield* create({ cwd: parent, portable: true }, [INNER]) as unknown as Chunks;
}
