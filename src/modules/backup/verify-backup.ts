import { KNOWN_MIGRATIONS } from '../../platform/database/index.js';
import type { Probe } from '../../platform/probes/index.js';
import { isAsStored, openArchive } from './archive/archive.js';
import { BackupError, toBackupError } from './backup.errors.js';
import { isVerified, readCatalog } from './catalog.js';
import { Connection } from './connection.repository.js';
import { EmbeddedScratch } from './embedded/embedded-scratch.js';
import type { Household } from './exclusive.js';
import { differences, type Manifest } from './manifest.js';
import { PostgresScratch } from './postgresql/postgres-scratch.js';
import type { WorkContext } from './progress.js';
import { ReadingRepository } from './reading.repository.js';
import type { Scratch } from './scratch.js';
import { askAll } from './source.js';
import type { Target } from './targets/target.js';

/** What a restore needs. */
export interface RestoreOrder {
  readonly household: Household;
  readonly target: Target;
  readonly manifest: Manifest;
  /** Private keys of age; any one that fits does. */
  readonly identities: readonly string[];
  readonly probes: readonly Probe[];
}

/**
 * Restores a backup from its target into a scratch database, compares everything, applies pending migrations and
 * searches once. The scratch is dropped after an error.
 * @returns the scratch, filled and proved: to be dropped, or swapped in
 * @throws BackupError
 */
export async function restoreIntoScratch(order: RestoreOrder, context: WorkContext): Promise<Scratch> {
  const { household, manifest } = order;
  refuseForeign(household, manifest);
  const scratch = household.database.isEmbedded
    ? await EmbeddedScratch.create(household.dataDir)
    : await PostgresScratch.create(household.config, household.database).catch((error: unknown) => {
        throw toBackupError(error);
      });
  try {
    await prove(order, scratch, context);
    return scratch;
  } catch (error) {
    await scratch.drop();
    throw context.signal.aborted ? toBackupError(context.signal.reason, 'backup_cancelled') : toBackupError(error);
  }
}

/** Restores, compares, drops. @returns how long it took, in seconds; @throws BackupError */
export async function verifyBackup(order: RestoreOrder, context: WorkContext): Promise<number> {
  const started = performance.now();
  const scratch = await restoreIntoScratch(order, context).catch(async (error: unknown) => {
    throw await blameOf(order, context, toBackupError(error));
  });
  await scratch.drop();
  return (performance.now() - started) / 1000;
}

/** A backup that was restored once and is as it was stored is not to be blamed for a machine that lacks something. */
async function blameOf(
  { target, manifest }: RestoreOrder,
  { signal }: WorkContext,
  fault: BackupError,
): Promise<BackupError> {
  if (fault.code !== 'restore_failed') return fault;
  if (!(await isAsStored(target, manifest.archive, signal)))
    return new BackupError('backup_archive_damaged', manifest.archive.name, { cause: fault });
  const { entries } = await readCatalog(target);
  const wasVerified = entries.some((entry) => entry.manifest.id === manifest.id && isVerified(entry));
  return wasVerified ? new BackupError('restore_failed_here', fault.reason, { cause: fault }) : fault;
}

/** Whether what is stored of a backup is what was stored. @throws BackupError `backup_archive_damaged`, `_missing` */
export async function rereadBackup(target: Target, { archive }: Manifest, signal: AbortSignal): Promise<void> {
  if (!(await isAsStored(target, archive, signal))) throw new BackupError('backup_archive_damaged', archive.name);
}

/** What can be told from the manifest alone is said before hours of work. */
function refuseForeign({ database }: Household, { source }: Manifest): void {
  if ((source.kind === 'embedded') !== database.isEmbedded)
    throw new BackupError(
      'backup_engine_differs',
      source.kind === 'embedded' ? 'it is of the embedded database: unset DATABASE_URL' : 'it needs DATABASE_URL',
    );
  const unknown = source.migrations.filter((name) => !KNOWN_MIGRATIONS.includes(name));
  if (unknown.length > 0) throw new BackupError('backup_schema_newer', `${source.app_version}: ${unknown.join(', ')}`);
}

async function prove(order: RestoreOrder, scratch: Scratch, context: WorkContext): Promise<void> {
  const { target, manifest, identities, probes } = order;
  const { signal, onProgress } = context;
  onProgress('restore', 0, manifest.archive.size);
  const open = (): ReturnType<typeof openArchive> =>
    openArchive(target, manifest, identities, {
      signal,
      onBytes: (bytes) => {
        onProgress('restore', bytes, manifest.archive.size);
      },
    });
  await scratch.fill(open, manifest, signal);
  await compare(order, scratch, context);
  signal.throwIfAborted();
  onProgress('migrate', 0, null);
  await scratch.migrate();
  signal.throwIfAborted();
  onProgress('search', 0, null);
  await reading(scratch, ({ query }) => askAll(probes, query));
  signal.throwIfAborted();
}

/** @throws BackupError `backup_restored_differs` that names the tables */
async function compare({ manifest, probes }: RestoreOrder, scratch: Scratch, context: WorkContext): Promise<void> {
  const { signal, onProgress } = context;
  await reading(scratch, async ({ query }, repository) => {
    const tables = await repository.fingerprints(signal, (done, total) => {
      onProgress('compare', done, total);
    });
    const wrong = differences(manifest.tables, tables);
    if (wrong.length > 0) throw new BackupError('backup_restored_differs', wrong.join(', '));
    const asked = probes.filter(({ name }) => manifest.probes[name] !== undefined);
    const answers = await askAll(asked, query);
    const other = Object.keys(answers).filter((name) => answers[name] !== manifest.probes[name]);
    if (other.length > 0) throw new BackupError('backup_restored_differs', `answers of ${other.join(', ')}`);
  });
}

/** Looks at all rows of a scratch database, and leaves it as it is. */
async function reading<T>(
  scratch: Scratch,
  work: (connection: Connection, repository: ReadingRepository) => Promise<T>,
): Promise<T> {
  const connection = await Connection.open(scratch.place);
  const repository = new ReadingRepository(connection.query);
  try {
    await repository.beginAsOwner();
    return await work(connection, repository);
  } finally {
    await repository.rollback().catch(() => undefined);
    await connection.close();
  }
}
