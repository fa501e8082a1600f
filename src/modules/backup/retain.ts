import { BackupError } from './backup.errors.js';
import { isVerified, isWhole, noteTrashed, purge, type Catalog, type CatalogEntry } from './catalog.js';
import { decideRetention, mayPurge, type Rules } from './retention.policy.js';
import type { Target } from './targets/target.js';

/** Verified backups that have to be left outside of the trash before anything of it goes. */
const ENOUGH_VERIFIED = 2;

/** What retention has done. */
export interface Retained {
  /** Put into the trash. */
  readonly trashed: readonly CatalogEntry[];
  /** Deleted for good. */
  readonly purged: readonly CatalogEntry[];
}

/**
 * Applies the rules to what is stored. Damaged backups stay: they take no place of a good one, and something may be
 * saved from them. Where anything of the catalog is in doubt, nothing is deleted at all.
 * @param missing how many backups are remembered that the target does not list
 * @throws BackupError `retention_too_much`, or of the first manifest that is in doubt
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
  if (verdict.isTooMuch)
    throw new BackupError('retention_too_much', `${String(verdict.delete.length)} of ${String(stored.length)}`);
  const trashed = stored.filter(({ manifest }) => verdict.delete.includes(manifest.sequence));
  const at = new Date().toISOString();
  for (const { manifest } of trashed) await noteTrashed(target, manifest, { at, head });
  const purged = purgeable(
    catalog,
    stored.filter((entry) => !trashed.includes(entry)),
    head,
  );
  for (const { manifest } of purged) await purge(target, manifest);
  return { trashed, purged };
}

/** With fewer than two verified backups outside, those of the trash may be needed again. */
function purgeable({ entries }: Catalog, left: readonly CatalogEntry[], head: number): CatalogEntry[] {
  const inTrash = entries.filter(({ trashed }) => trashed !== undefined);
  const needsVerified = left.filter(isVerified).length < ENOUGH_VERIFIED;
  return inTrash.filter(
    (entry) =>
      entry.trashed &&
      mayPurge({ time: Date.parse(entry.trashed.at), head: entry.trashed.head }, head, Date.now()) &&
      !(needsVerified && isVerified(entry)),
  );
}
