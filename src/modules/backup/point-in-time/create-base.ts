import { VERSION } from '../../../platform/config/index.js';
import { storeArchive } from '../archive/archive.js';
import { BackupError, toBackupError, unlessKept } from '../backup.errors.js';
import { Connection } from '../connection.repository.js';
import type { Household } from '../exclusive.js';
import { placeOf } from '../postgresql/places.js';
import { findPgTools, outputOf, startTool } from '../postgresql/pg-tools.js';
import type { WorkContext } from '../progress.js';
import { chunksOf, type Chunks, type Target } from '../targets/target.js';
import { baseArchiveName, baseManifestName, readBases, writeBaseManifest, type BaseManifest } from './base-manifest.js';
import { WalRepository } from './wal.repository.js';

/** One tar of all files, with the log that makes it consistent, so that it can be restored without anything else. */
const BASE = ['--pgdata=-', '--format=tar', '--wal-method=fetch', '--checkpoint=fast', '--label=family-assistant'];
/** `backup_label` comes first in it: a header of 512 bytes, and its few lines. */
const LABEL_WITHIN = 2048;

/**
 * Copies the files of the whole cluster to the target, under the lock of the caller. It is there when its manifest is.
 * @throws BackupError `base_backup_failed`, or of the database, the login or the target
 */
export async function createBase(
  { household, target }: { readonly household: Household; readonly target: Target },
  { signal, onProgress }: WorkContext,
): Promise<BaseManifest> {
  const { config, database } = household;
  if (!config.isEnabled) throw new BackupError('backups_off');
  const place = placeOf(config, database);
  const connection = await Connection.open(place);
  // A copy that nobody reads to its end must not go on.
  const closed = new AbortController();
  const abort = AbortSignal.any([signal, connection.lost, closed.signal]);
  let name: string | undefined;
  try {
    const wal = new WalRepository(connection.query);
    const { system, segmentSize, major } = await wal.server();
    const { lastSequence, orphans } = await readBases(target, await target.list());
    for (const orphan of orphans) await target.delete(orphan).catch(unlessKept);
    const numbered = { system_identifier: system, sequence: lastSequence + 1 };
    name = baseArchiveName(numbered);
    const tools = await findPgTools(major, config.pgBin);
    const running = startTool(tools, {
      tool: 'pg_basebackup',
      args: BASE,
      url: place.url,
      tls: database,
      signal: abort,
    });
    running.stdin.end();
    const label = new Beginning();
    const digest = await storeArchive(target, name, label.of(outputOf(running, 'base_backup_failed')), {
      recipients: config.recipients,
      signal: abort,
      onBytes: (bytes) => {
        onProgress('dump', bytes, null);
      },
    });
    const manifest: BaseManifest = {
      kind: 'base',
      format: 1,
      ...numbered,
      start_segment: startSegmentIn(label.text()),
      wal_segment_size: segmentSize,
      // Clocks here have milliseconds, that of the server more: never before the end.
      ended_at: new Date((await wal.now()) + 1).toISOString(),
      server_major: major,
      client_version: tools.version,
      app_version: VERSION,
      archive: { name, ...digest },
      recipients: config.recipients,
    };
    await target.write(baseManifestName(manifest), chunksOf(writeBaseManifest(manifest)), signal);
    return manifest;
  } catch (error) {
    if (name !== undefined) await target.delete(name).catch(() => undefined);
    throw signal.aborted ? toBackupError(signal.reason, 'backup_cancelled') : toBackupError(error);
  } finally {
    closed.abort();
    await connection.close();
  }
}

/** Keeps the beginning of a stream that passes. */
class Beginning {
  private kept = Buffer.alloc(0);

  async *of(chunks: Chunks): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (this.kept.length < LABEL_WITHIN)
        this.kept = Buffer.concat([this.kept, chunk.subarray(0, LABEL_WITHIN - this.kept.length)]);
      yield chunk;
    }
  }

  text(): string {
    return this.kept.toString('latin1');
  }
}

/** From PostgreSQL's own label (26.3.4 "Backup label"). */
function startSegmentIn(label: string): string {
  const segment = /START WAL LOCATION: [0-9A-F/]+ \(file ([0-9A-F]{24})\)/.exec(label)?.[1];
  if (segment === undefined) throw new BackupError('base_backup_failed', 'no label at its beginning');
  return segment;
}
