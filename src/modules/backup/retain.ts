import { BackupError, toBackupError } from './backup.errors.js';
import { isVerified, isWhole, noteTrashed, purge, type Catalog, type CatalogEntry } from './catalog.js';
import { decideRetention, mayPurge, type Rules } from './retention.policy.js';
import type { Target } from './targets/target.js';

/** Backups that have to be left outside of the trash before any of it goes, and verified ones before a verified one does. */
const ENOUGH = 2;

/** What retention has done. */
export interface Retained {
  /** Put into the trash. */
  readonly trashed: readonly CatalogEntry[];
  /** Deleted for good. */
  readonly purged: readonly CatalogEntry[];
  /** Why that is not everything: `retention_too_much`, or of the target. */
  readonly fault?: BackupError;
}

/**
 * Applies the rules to what is stored. Damaged backups stay: they take no place of a good one, and something may be
 * saved from them. Where anything of the catalog is in doubt, nothing is deleted at all.
 * @param missing how many backups are remembered that the target does not list
 * @throws BackupError `backup_manifest_missing`, or of the first manifest that is in doubt
 */
export async function retain(target: Target, catalog: Catalog, rules: Rules, missing: number): Promise<Retained> {
  const [fault] = catalog.faults;
  if (fault) throw fault.error;
  if (missing > 0) throw new BackupError('backup_manifest_missing', `${String(missing)} of them`);
  const head = catalog.entries.at(-1)?.manifest.sequence ?? 0;
  const stored = catalog.entries.filter((entry) => !entry.trashed && isWhole(entry));
  const verdict = decideRetention(
    stored.map((entry) => ({ ...entry.manifest, isVerified: isVerified(entry) })),
    rules,
  );
  const goes = stored.filter(({ manifest }) => verdict.delete.includes(manifest.sequence));
  const left = stored.filter((entry) => !goes.includes(entry));
  const [trashed, purged]: [CatalogEntry[], CatalogEntry[]] = [[], []];
  try {
    const at = new Date().toISOString();
    for (const entry of goes) {
      await noteTrashed(target, entry.manifest, { at, head });
      trashed.push(entry);
    }
    for (const entry of purgeable(catalog, left, head)) {
      await purge(target, entry.manifest);
      purged.push(entry);
    }
  } catch (error) {
    return { trashed, purged, fault: toBackupError(error) };
  }
  if (!verdict.isTooMuch) return { trashed, purged };
  return { trashed, purged, fault: new BackupError('retention_too_much', `${String(left.length)} are left for now`) };
}

/** With fewer than two whole ones outside, those of the trash may be needed again; so with verified ones. */
function purgeable({ entries }: Catalog, left: readonly CatalogEntry[], head: number): CatalogEntry[] {
  const isNeeded = (entry: CatalogEntry): boolean =>
    isWhole(entry) && left.filter(isVerified(entry) ? isVerified : isWhole).length < ENOUGH;
  return entries.filter(
    (entry) =>
      entry.trashed &&
      mayPurge({ time: Date.parse(entry.trashed.at), head: entry.trashed.head }, head, Date.now()) &&
      !isNeeded(entry),
  );
}
