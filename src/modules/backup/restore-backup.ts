import { finishSwap } from '../../platform/database/index.js';
import type { Ending } from '../../platform/probes/index.js';
import { BackupError } from './backup.errors.js';
import { isVerified, isWhole, type Catalog, type CatalogEntry } from './catalog.js';
import { Connection } from './connection.repository.js';
import type { Manifest } from './manifest.js';
import { exclusively } from './exclusive.js';
import { refuseInUse, tablesInUse } from './postgresql/postgres-scratch.js';
import { erasedSince, presentAccounts } from './present-accounts.js';
import type { WorkContext } from './progress.js';
import { RestoredRepository, type Account, type Ended } from './restored.repository.js';
import type { Scratch } from './scratch.js';
import { restoreIntoScratch, type RestoreOrder } from './verify-backup.js';

/** Which backup: the newest that was verified, the newest of all, or one by its id or sequence. */
export type Choice = 'latest-verified' | 'latest' | (string & {});

/**
 * Finds a backup. One in the trash can be restored, too.
 * @param at the newest that holds nothing later than this time
 * @throws BackupError `backup_not_found`, `backup_none_verified`, `restore_time_unknown`, or why it cannot be believed
 */
export function chooseBackup({ entries, faults }: Catalog, choice: Choice, at?: Date): CatalogEntry {
  const isOne = ({ sequence, id }: { sequence: number; id: string }): boolean =>
    choice === id || choice === String(sequence);
  const fault = faults.find(isOne);
  if (fault) throw fault.error;
  const inTime = entries.filter(({ manifest }) => !at || Date.parse(manifest.snapshot_at) <= at.getTime());
  const candidates =
    choice === 'latest-verified'
      ? inTime.filter(isVerified)
      : inTime.filter((entry) => (choice === 'latest' ? isWhole(entry) : isOne(entry.manifest)));
  const chosen = candidates.at(-1);
  if (chosen) return chosen;
  const [first] = faults;
  if (first && entries.length === 0) throw first.error;
  if (choice === 'latest-verified' && inTime.some(isWhole)) throw new BackupError('backup_none_verified');
  throw new BackupError(at && entries.length > 0 ? 'restore_time_unknown' : 'backup_not_found');
}

/** A backup that is newer than the one that was chosen, and what it lacks. */
export interface Skipped {
  readonly sequence: number;
  readonly lacks: 'verification' | 'a whole archive' | 'a manifest that can be believed';
}

/** What is newer than a backup that was chosen, oldest first: whoever restores has to know what is left out. */
export function newerThan({ entries, faults }: Catalog, { sequence }: Manifest, at?: Date): readonly Skipped[] {
  const inTime = entries.filter(({ manifest }) => !at || Date.parse(manifest.snapshot_at) <= at.getTime());
  return [
    ...inTime.map((entry): Skipped => {
      const lacks = isWhole(entry) ? 'verification' : 'a whole archive';
      return { sequence: entry.manifest.sequence, lacks };
    }),
    ...faults.map((fault): Skipped => ({ sequence: fault.sequence, lacks: 'a manifest that can be believed' })),
  ]
    .filter((each) => each.sequence > sequence)
    .toSorted((one, other) => one.sequence - other.sequence);
}

/** What was restored. */
export interface Restored {
  /** Where the data that were there are kept; null where there were none. */
  readonly kept: string | null;
  readonly seconds: number;
  readonly ended: Ended;
  /** Accounts that were erased since the backup and are there again; null where that cannot be told. */
  readonly erasedSince: readonly string[] | null;
}

/** What is restored, and what becomes of it. */
export interface RestoreWork extends RestoreOrder {
  /** Whether data may be put aside that are there. */
  readonly replaces: boolean;
  /** What is ended that was open when the backup was made. */
  readonly endings: readonly Ending[];
  readonly isFree: () => Promise<void>;
}

/**
 * Restores a backup into a new, empty database, compares it whole, and puts it in the place of the present one, which
 * is kept under another name. Until that last step nothing of the present one is touched.
 * @throws BackupError
 */
export async function restoreBackup(order: RestoreWork, context: WorkContext): Promise<Restored> {
  const started = performance.now();
  const { household, replaces } = order;
  return exclusively(household, context.signal, async (signal) => {
    await refuseUnfit(order);
    const present = replaces ? await presentAccounts(household) : null;
    const scratch = await restoreIntoScratch(order, { ...context, signal });
    try {
      const { ended, accounts } = await settle(scratch, order);
      context.onProgress('swap', 0, null);
      signal.throwIfAborted();
      const kept = await scratch.swapIn();
      const seconds = (performance.now() - started) / 1000;
      return { kept, seconds, ended, erasedSince: present && erasedSince(present, accounts) };
    } finally {
      await scratch.drop();
    }
  });
}

/** What can be told before hours of work. */
async function refuseUnfit({ household: { database, dataDir }, replaces, isFree }: RestoreWork): Promise<void> {
  // One that was interrupted is finished first: what it brought back is the present database.
  if (database.isEmbedded) await finishSwap(dataDir);
  await isFree();
  if (database.isEmbedded) return;
  if (!replaces && (await tablesInUse(database)) > 0) throw new BackupError('restore_target_not_empty');
  await refuseInUse(database);
}

async function settle(
  scratch: Scratch,
  { manifest, endings }: RestoreWork,
): Promise<{ readonly ended: Ended; readonly accounts: readonly Account[] }> {
  const connection = await Connection.open(scratch.place);
  try {
    const repository = new RestoredRepository(connection);
    const ended = await repository.settle(manifest, endings);
    return { ended, accounts: await repository.accounts() };
  } finally {
    await connection.close();
  }
}
