import { appendFile, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { openArchive } from '../archive/archive.js';
import { BackupError, toBackupError } from '../backup.errors.js';
import { sha256 } from '../manifest.js';
import type { WorkContext } from '../progress.js';
import { digestOf, type Target } from '../targets/target.js';
import { readBases, type BaseManifest } from './base-manifest.js';
import { assemble, baseBefore, behind } from './point-in-time.policy.js';
import { parseWalName, segmentAfter, walName, type WalPart } from './wal-names.policy.js';

/** What a restore to a time needs. */
export interface TimeOrder {
  readonly target: Target;
  readonly identities: readonly string[];
  /** The time to go back to; the end of all that is stored without it. */
  readonly at: Date | undefined;
  /** Data directory to make: it is not there, or empty. */
  readonly folder: string;
}

/** A data directory that a server can be started on. */
export interface Prepared {
  readonly base: BaseManifest;
  /** Everything that was committed before is in it. */
  readonly through: Date;
  readonly segments: number;
}

/** Log of so many milliseconds after the time is fetched as well: a recovery ends at the first commit behind it. */
const BEYOND = 300_000;

/**
 * Makes the files of a server as they were at a time: those of the newest base backup that was finished before, and the
 * log since. The server that is started on them replays the log up to that time and then takes requests; starting it is
 * for whoever runs it, as its process, its user and its settings are theirs. After an error nothing is left.
 * @throws BackupError `base_not_found`, `restore_target_not_empty`, `wal_missing`, `restore_time_too_late`, or of the
 *   target and its archives
 */
export async function restoreToTime(order: TimeOrder, context: WorkContext): Promise<Prepared> {
  const { target, at, folder } = order;
  const wasThere = existsSync(folder);
  if (wasThere && (await readdir(folder).catch(notAFolder)).length > 0)
    throw new BackupError('restore_target_not_empty', `${folder}: name a new folder, or empty it`);
  const files = await target.list();
  const { whole, faults } = await readBases(target, files);
  const base = at ? baseBefore(whole, at) : whole.at(-1);
  if (!base)
    throw faults[0] ?? new BackupError('base_not_found', whole[0] && `the first one is of ${whole[0].ended_at}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await extractBase(order, base, context);
    const parts = behind(
      base,
      files.flatMap(({ name }) => parseWalName(name) ?? []),
    );
    const { through, segments } = await fetchLog(order, base, parts, context);
    await configure(folder, at);
    return { base, through: new Date(through), segments };
  } catch (error) {
    for (const name of await readdir(folder).catch(() => [])) await rm(join(folder, name), { recursive: true });
    if (!wasThere) await rm(folder, { recursive: true, force: true });
    throw context.signal.aborted ? toBackupError(context.signal.reason, 'backup_cancelled') : toBackupError(error);
  }
}

function notAFolder(error: unknown): never {
  throw new BackupError('restore_target_not_empty', (error as NodeJS.ErrnoException).code);
}

async function extractBase(
  { target, identities, folder }: TimeOrder,
  base: BaseManifest,
  context: WorkContext,
): Promise<void> {
  const { size } = base.archive;
  const content = openArchive(target, base, identities, {
    signal: context.signal,
    onBytes: (bytes) => {
      context.onProgress('restore', bytes, size);
    },
  });
  await pipeline(content, extract({ cwd: folder, strict: true }), { signal: context.signal });
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => '');
  if (Number(version) !== base.server_major) throw new BackupError('restore_failed', 'no cluster in the base backup');
}

/** Fetches the log behind a base backup, without a gap, until the time is reached. */
async function fetchLog(
  order: TimeOrder,
  base: BaseManifest,
  parts: readonly WalPart[],
  context: WorkContext,
): Promise<{ readonly through: number; readonly segments: number }> {
  const { at, folder } = order;
  const size = base.wal_segment_size;
  const until = at ? at.getTime() + BEYOND : Infinity;
  let through = Date.parse(base.ended_at);
  let segments = 0;
  for (let segment = base.start_segment; through < until; segment = segmentAfter(segment, size)) {
    context.signal.throwIfAborted();
    context.onProgress('fetch', segments, null);
    const chosen = assemble(parts, segment, size);
    const last = chosen.at(-1);
    const path = join(folder, 'pg_wal', segment);
    // The base backup brings the segments in which it was made, whole.
    const isInBase = existsSync(path);
    if (!last && !isInBase) break;
    if (last && !(isInBase && last.to < size)) await writeSegment(order, chosen, path, size);
    through = Math.max(through, ...chosen.map((part) => part.through));
    segments += 1;
    if (last && last.to < size && !isInBase) break;
  }
  const isBehind = parts.some((part) => part.through > through);
  if (at ? through >= at.getTime() : !isBehind) return { through, segments };
  const reached = `it reaches ${new Date(through).toISOString()}`;
  throw new BackupError(isBehind ? 'wal_missing' : 'restore_time_too_late', reached);
}

async function writeSegment(
  { target, identities }: TimeOrder,
  parts: readonly WalPart[],
  path: string,
  size: number,
): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    for (const part of parts) {
      const name = walName(part);
      // A part has no manifest: whether it is what was stored, the hash in its name tells.
      const archive = { name, ...(await digestOf(await target.read(name))) };
      const chunks: Uint8Array[] = [];
      for await (const chunk of openArchive(target, { archive }, identities)) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (sha256(bytes) !== part.sha256) throw new BackupError('backup_archive_damaged', name);
      await file.write(bytes, 0, bytes.length, part.from);
    }
    await file.truncate(size);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Tells the server to recover up to the time (PostgreSQL, 19.5.6 "Recovery Target"). All of the log lies in its own
 * folder, so there is nothing to fetch: the command says so, and the server looks there.
 */
async function configure(folder: string, at: Date | undefined): Promise<void> {
  const lines = [
    '',
    '# Written by Family Assistant: restored to a time. After the recovery these lines do nothing.',
    "restore_command = 'false'",
    ...(at ? [`recovery_target_time = '${at.toISOString().replace('T', ' ').replace('Z', '+00')}'`] : []),
    "recovery_target_timeline = 'current'",
    ...(at ? ["recovery_target_action = 'promote'"] : []),
    '',
  ];
  await appendFile(join(folder, 'postgresql.auto.conf'), lines.join('\n'));
  await writeFile(join(folder, 'recovery.signal'), '', { mode: 0o600 });
}
