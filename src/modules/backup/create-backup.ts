import type { EmbeddedDatabase } from '../../platform/database/index.js';
import type { Probe } from '../../platform/probes/index.js';
import { storeSealed } from './archive/archive.js';
import { BackupError, toBackupError } from './backup.errors.js';
import { readCatalog, type Catalog } from './catalog.js';
import { openEmbeddedSnapshot } from './embedded/embedded-snapshot.js';
import type { Household } from './exclusive.js';
import { baseName, MANIFEST, sha256, writeManifest, type Manifest } from './manifest.js';
import { openPostgresSnapshot } from './postgresql/postgres-snapshot.js';
import type { OnProgress, WorkContext } from './progress.js';
import { nextDay } from './retention.policy.js';
import type { Snapshot } from './source.js';
import { chunksOf, type Digest, type Target } from './targets/target.js';

/** What a backup is made of and for. */
export interface BackupOrder {
  readonly id: string;
  readonly household: Household;
  /** The running embedded database, where that is used. */
  readonly live: Pick<EmbeddedDatabase, 'copyTo'> | null;
  readonly target: Target;
  readonly probes: readonly Probe[];
  /** The newest backup that the database knows, so that a listing that leaves it out begins no second chain. */
  readonly known?: { readonly sequence: number; readonly sha256: string } | undefined;
}

export interface MadeBackup {
  readonly manifest: Manifest;
  /** SHA-256 of the text of the manifest. */
  readonly sha256: string;
}

/**
 * Makes a backup, under the lock of the caller. It is there when its manifest is; after an error nothing of it is.
 * @throws BackupError
 */
export async function createBackup(order: BackupOrder, { signal, onProgress }: WorkContext): Promise<MadeBackup> {
  const { household, target, live } = order;
  if (!household.config.isEnabled) throw new BackupError('backups_off');
  const catalog = await readCatalog(target);
  const place = nextPlace(catalog, order.known);
  onProgress('snapshot', 0, null);
  const snapshot = live
    ? await openEmbeddedSnapshot(live, household.dataDir, signal)
    : await openPostgresSnapshot(household.config, household.database, signal);
  const name = `${baseName({ sequence: place.sequence, id: order.id })}.${snapshot.archive}`;
  try {
    const { digest, ...described } = await store(order, snapshot, name, { signal, onProgress });
    onProgress('manifest', 0, null);
    const manifest: Manifest = {
      format: 1,
      id: order.id,
      ...place,
      created_at: new Date().toISOString(),
      snapshot_at: snapshot.takenAt.toISOString(),
      source: snapshot.facts,
      ...described,
      archive: { name, ...digest },
      recipients: household.config.recipients,
    };
    return await publish(target, manifest, signal);
  } catch (error) {
    await target.delete(name).catch(() => undefined);
    throw signal.aborted ? toBackupError(signal.reason, 'backup_cancelled') : toBackupError(error);
  } finally {
    await snapshot.close();
  }
}

async function publish(target: Target, manifest: Manifest, signal: AbortSignal): Promise<MadeBackup> {
  const text = writeManifest(manifest);
  await target.write(`${baseName(manifest)}.${MANIFEST}`, chunksOf(text), signal);
  return { manifest, sha256: sha256(text) };
}

interface Place {
  readonly sequence: number;
  readonly day: number;
  readonly previous: Manifest['previous'];
}

/** Sequences by which a chain may be ahead of what is known of it: beyond that a name is junk, and no number to follow. */
const LEAP = 1_000_000;

/** Behind everything that anybody knows of, so that a sequence never stands for two. The database is believed first. */
function nextPlace({ entries, faults }: Catalog, known: BackupOrder['known']): Place {
  const newest = [...entries.map(({ manifest }) => manifest), ...faults]
    .map(({ sequence }) => sequence)
    .toSorted((one, other) => one - other)
    .reduce((last, sequence) => (sequence <= last + LEAP ? Math.max(last, sequence) : last), known?.sequence ?? 0);
  const head = entries.findLast(({ manifest }) => manifest.sequence <= newest);
  const previous =
    head && head.manifest.sequence > (known?.sequence ?? 0)
      ? { sequence: head.manifest.sequence, sha256: head.sha256 }
      : (known ?? null);
  const last = head && { day: head.manifest.day, time: Date.parse(head.manifest.created_at) };
  return { sequence: newest + 1, day: nextDay(last, Date.now()), previous };
}

/** Stores the content and describes it at the same time, unless the content is what the description is read from. */
async function store(
  { household, target, probes }: BackupOrder,
  snapshot: Snapshot,
  name: string,
  { signal, onProgress }: WorkContext,
): Promise<Pick<Manifest, 'tables' | 'probes'> & { readonly digest: Digest }> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const describe = async (): Promise<Pick<Manifest, 'tables' | 'probes'>> => ({
    tables: await snapshot.fingerprints(quietly(onProgress, snapshot)),
    probes: await snapshot.probe(probes),
  });
  const save = (): Promise<Digest> =>
    storeSealed(target, name, snapshot.sealed(household.config.recipients), {
      signal: either,
      onBytes: (bytes) => {
        onProgress('dump', bytes, null);
      },
    });
  if (snapshot.facts.kind === 'embedded') {
    const described = await describe();
    return { ...described, digest: await save() };
  }
  const failFirst = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      stop.abort(error);
      throw error;
    });
  const works = [failFirst(describe()), failFirst(save())] as const;
  const [described, digest] = await Promise.allSettled(works);
  if (described.status === 'fulfilled' && digest.status === 'fulfilled')
    return { ...described.value, digest: digest.value };
  throw stop.signal.reason;
}

/** Of two things at once the bytes are told. */
const quietly =
  (onProgress: OnProgress, { facts }: Snapshot) =>
  (done: number, total: number): void => {
    if (facts.kind === 'embedded') onProgress('snapshot', done, total);
  };
