import { BackupError } from './backup.errors.js';
import { isVerified, isWhole, type Catalog, type CatalogEntry } from './catalog.js';
import { Connection } from './connection.repository.js';
import { exclusively } from './exclusive.js';
import { tablesInUse } from './postgresql/postgres-scratch.js';
import type { WorkContext } from './progress.js';
import { RestoredRepository } from './restored.repository.js';
import { restoreIntoScratch, type RestoreOrder } from './verify-backup.js';

/** Which backup: the newest that was verified, the newest of all, or one by its id or sequence. */
export type Choice = 'latest-verified' | 'latest' | (string & {});

/**
 * Finds a backup. One in the trash can be restored, too.
 * @param at the newest that holds nothing later than this time
 * @throws BackupError `backup_not_found`, `restore_time_unknown`, or why it cannot be believed
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
  throw new BackupError(at && entries.length > 0 ? 'restore_time_unknown' : 'backup_not_found');
}

/** What was restored. */
export interface Restored {
  /** Where the data that were there are kept; null where there were none. */
  readonly kept: string | null;
  readonly seconds: number;
}

/**
 * Restores a backup into a new, empty database, compares it whole, and puts it in the place of the present one, which
 * is kept under another name. Until that last step nothing of the present one is touched.
 * @param replaces whether data may be put aside that are there
 * @throws BackupError
 */
export async function restoreBackup(
  order: RestoreOrder & { readonly isFree: () => Promise<void> },
  replaces: boolean,
  context: WorkContext,
): Promise<Restored> {
  const started = performance.now();
  const { household } = order;
  const work = async (): Promise<Restored> => {
    await order.isFree();
    if (!replaces && !household.database.isEmbedded && (await tablesInUse(household.database)) > 0)
      throw new BackupError('restore_target_not_empty');
    const scratch = await restoreIntoScratch(order, context);
    try {
      const connection = await Connection.open(scratch.place);
      await new RestoredRepository(connection.query).note(order.manifest).finally(() => connection.close());
      context.onProgress('swap', 0, null);
      context.signal.throwIfAborted();
      const kept = await scratch.swapIn();
      return { kept, seconds: (performance.now() - started) / 1000 };
    } finally {
      await scratch.drop();
    }
  };
  // A server that is not there yet has no lock to hold; its database is not there either.
  return household.database.isEmbedded ? exclusively(household, context.signal, work) : work();
}
