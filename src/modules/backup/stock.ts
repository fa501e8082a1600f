import { Injectable } from '@nestjs/common';
import { BackupError, unlessKept } from './backup.errors.js';
import { hasManifest, isVerified, isWhole, readCatalog, type Catalog, type CatalogEntry } from './catalog.js';
import { HouseholdBackups } from './household.service.js';
import { MANIFEST, parseName } from './manifest.js';
import { RunsRepository, type KnownRun, type MadeRun } from './runs.repository.js';

type Known = ReadonlyMap<string, KnownRun>;

/** What is stored, and what the database remembers of it, brought together. */
@Injectable()
export class BackupStock {
  constructor(
    private readonly runs: RunsRepository,
    private readonly backups: HouseholdBackups,
  ) {}

  /**
   * After a restore the target knows more: that is remembered now. So is what is missing or damaged.
   * @throws BackupError `backup_target_foreign`, or of the target
   */
  async take(): Promise<Catalog> {
    const known: Known = new Map((await this.runs.known()).map((row) => [row.id, row]));
    const read = await readCatalog(this.backups.target);
    refuseForeign(read, known);
    const catalog = compareWith(read, known);
    for (const entry of catalog.entries) await this.remember(entry, known.get(entry.manifest.id));
    for (const { id, error } of catalog.faults) {
      await this.runs.store(id, error.code === 'backup_manifest_missing' ? 'missing' : 'damaged');
      await this.runs.notVerified(id, error.code);
    }
    const listed = idsOf(read);
    for (const { id, stored } of known.values())
      if (!listed.has(id) && stored !== 'deleted')
        await this.runs.store(id, stored === 'trash' ? 'deleted' : 'missing');
    return catalog;
  }

  /**
   * What processes that are gone have begun: their runs have failed, and their files are no backup; nor are those that a
   * run could not take back because the target was away. A file that nobody remembers is left alone, and so is everything
   * of a run whose manifest is there, whatever it says: after a restore the run of that very backup seems unfinished.
   */
  async clearAway(catalog: Catalog, id: string): Promise<void> {
    const { target } = this.backups;
    for (const each of await this.runs.abandoned(id)) await this.runs.fail(each, 'backup_interrupted');
    const listed = (await target.list()).map(({ name }) => name);
    const made = idsOf(catalog);
    for (const name of listed) {
      const parsed = parseName(name);
      if (parsed?.part === MANIFEST) made.add(parsed.id);
    }
    const gone = new Set([...(await this.runs.unmade()), id].filter((each) => !made.has(each)));
    for (const name of new Set([...listed, ...(await target.unfinished())])) {
      const parsed = parseName(name);
      // A listing may be older than what is there: nothing is deleted on its word alone.
      if (parsed && gone.has(parsed.id) && !(await hasManifest(target, parsed)))
        await target.delete(name).catch(unlessKept);
    }
  }

  private async remember(entry: CatalogEntry, row: KnownRun | undefined): Promise<void> {
    const { manifest, verified, trashed } = entry;
    if (row?.state !== 'succeeded') await this.runs.adopt(madeRun(manifest, entry.sha256), isVerified(entry));
    await this.runs.store(manifest.id, trashed ? 'trash' : storedAs(entry));
    if (row && isOfManifest(row)) await this.runs.believe(manifest.id);
    // Verified elsewhere, where the key is.
    if (verified && isVerified(entry) && row?.verification !== 'verified')
      await this.runs.verified(manifest.id, verified.seconds, verified.at);
  }
}

const idsOf = ({ entries, faults }: Catalog): Set<string> =>
  new Set([...entries.map(({ manifest }) => manifest.id), ...faults.map(({ id }) => id)]);

/**
 * Two databases in one place would take each other's backups for their own. A restored database always knows the one
 * from which it comes: that run had begun in it.
 */
function refuseForeign(catalog: Catalog, known: Known): void {
  const ids = [...idsOf(catalog)];
  if (ids.length > 0 && !ids.some((id) => known.has(id)))
    throw new BackupError('backup_target_foreign', `none of ${String(ids.length)} is known here`);
}

/**
 * What the database knows better: a manifest that is another than the one that was written, a backup that was found
 * damaged where no note of it could be left, and what is in the trash: a note of the trash that retention did not leave
 * counts for nothing. What was forgotten is left out, unless it is whole again.
 */
function compareWith({ entries, faults }: Catalog, known: Known): Catalog {
  const isForgotten = (id: string): boolean => known.get(id)?.stored === 'deleted';
  const isChanged = ({ manifest: { id }, sha256 }: CatalogEntry): boolean =>
    (known.get(id)?.manifest_sha256 ?? sha256) !== sha256;
  const changed = entries.filter(isChanged).map(({ manifest: { sequence, id } }) => ({
    sequence,
    id,
    error: new BackupError('backup_manifest_tampered', 'not the one that was written'),
  }));
  return {
    entries: entries
      .filter((entry) => !isChanged(entry))
      .map((entry) => asKnown(entry, known.get(entry.manifest.id)))
      .filter((entry) => isWhole(entry) || !isForgotten(entry.manifest.id)),
    faults: [...faults, ...changed].filter(({ id }) => !isForgotten(id)),
  };
}

const asKnown = (entry: CatalogEntry, row: KnownRun | undefined): CatalogEntry => ({
  ...entry,
  isDamaged: entry.isDamaged || (row !== undefined && wasFoundDamaged(row)),
  trashed: row?.stored === 'trash' ? entry.trashed : undefined,
});

const wasFoundDamaged = (row: KnownRun): boolean =>
  (row.stored === 'damaged' || row.stored === 'deleted') && row.verification === 'failed' && !isOfManifest(row);

/** Whether all that was found against it is its manifest. */
const isOfManifest = ({ verification_error: error }: KnownRun): boolean =>
  error?.startsWith('backup_manifest_') === true;

const storedAs = (entry: CatalogEntry): 'present' | 'missing' | 'damaged' =>
  entry.archiveSize === undefined ? 'missing' : isWhole(entry) ? 'present' : 'damaged';

/** A backup as it is remembered. */
export const madeRun = (manifest: CatalogEntry['manifest'], sha256: string): MadeRun => ({
  id: manifest.id,
  sequence: manifest.sequence,
  size: manifest.archive.size,
  manifest_sha256: sha256,
  snapshot_at: manifest.snapshot_at,
});
