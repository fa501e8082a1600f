import { BackupError } from './backup.errors.js';
import { isVerified, isWhole, noteVerified, readCatalog, type CatalogEntry } from './catalog.js';
import { baseName, MANIFEST, sha256 } from './manifest.js';
import { notesOf, saysDamaged, VERIFIED } from './notes.js';
import { baseManifestName, readBases } from './point-in-time/base-manifest.js';
import { parseWalName } from './point-in-time/wal-names.policy.js';
import type { WorkContext } from './progress.js';
import {
  chunksOf,
  digestOf,
  Hashing,
  isSame,
  textOf,
  type Chunks,
  type Digest,
  type Target,
} from './targets/target.js';

const LONGEST = 1 << 20;

/** What a copy has done. */
export interface Copied {
  /** Names of what was brought over now. */
  readonly files: readonly string[];
  /** Backups over there, those of earlier copies too, but for what was found damaged there: theirs are not read again. */
  readonly backups: number;
  /** What stays behind, and why. */
  readonly faults: readonly BackupError[];
}

/**
 * Brings what one target has to another: each backup compared with its manifest, the manifest after the archive. What is
 * there already stays, so it can be interrupted and repeated; nothing is ever deleted or written over. What is damaged, or in
 * the trash, stays behind; what was found damaged over there is told, and is no more verified than it was.
 * @throws BackupError of either target, `backup_name_taken` when something else is there
 */
export async function copyBackups(from: Target, to: Target, context: WorkContext): Promise<Copied> {
  const copy = new Copy(from, to, await sizesOf(to), context);
  const { entries, faults } = await readCatalog(from);
  const stays = faults.map(({ error }) => error);
  let backups = 0;
  for (const entry of entries.filter(({ trashed }) => !trashed))
    try {
      await copy.backup(entry);
      backups += 1;
    } catch (error) {
      if (!(error instanceof BackupError) || !error.code.startsWith('backup_archive_')) throw error;
      stays.push(error);
    }
  await copy.log();
  return { files: copy.files, backups, faults: stays };
}

const sizesOf = async (target: Target): Promise<Map<string, number>> =>
  new Map((await target.list()).map(({ name, size }) => [name, size]));

class Copy {
  readonly files: string[] = [];

  constructor(
    private readonly from: Target,
    private readonly to: Target,
    private readonly there: ReadonlyMap<string, number>,
    private readonly context: WorkContext,
  ) {}

  async backup(entry: CatalogEntry): Promise<void> {
    const { manifest, verified } = entry;
    const { archive } = manifest;
    if (!isWhole(entry)) throw new BackupError('backup_archive_damaged', archive.name);
    const notes = notesOf(manifest, [...this.there.keys()]);
    if (saysDamaged(notes)) throw new BackupError('backup_archive_damaged', `${archive.name}, over there`);
    await this.file(manifest.archive.name, manifest.archive);
    await this.text(`${baseName(manifest)}.${MANIFEST}`, entry.sha256);
    if (!verified || !isVerified(entry)) return;
    if (notes.some(({ kind }) => kind === VERIFIED)) return;
    if (this.there.has(archive.name)) await this.compare(archive);
    await noteVerified(this.to, entry, verified);
  }

  /** What was over there before is proved by the receipt only when it is the same. */
  private async compare(archive: Digest & { readonly name: string }): Promise<void> {
    const { signal } = this.context;
    const found = await digestOf(await this.to.read(archive.name, signal), signal);
    if (!isSame(found, archive)) throw new BackupError('backup_archive_damaged', `${archive.name}, over there`);
  }

  /** Base backups and the parts of the log, where it is received. */
  async log(): Promise<void> {
    const files = await this.from.list();
    const { whole } = await readBases(this.from, files);
    for (const base of whole) {
      await this.file(base.archive.name, base.archive);
      await this.text(baseManifestName(base));
    }
    for (const { name, size } of files)
      if (parseWalName(name))
        await this.file(name, { size }).catch((error: unknown) => {
          // Put together with others meanwhile: the next copy brings these.
          if (!(error instanceof BackupError && error.code === 'backup_archive_missing')) throw error;
        });
  }

  private async file(name: string, expected: Pick<Digest, 'size'> & Partial<Digest>): Promise<void> {
    const { signal, onProgress } = this.context;
    if (this.isThere(name, expected.size)) return;
    onProgress('fetch', 0, expected.size);
    const source = await this.from.read(name);
    const chunks = checked(source, name, expected, (bytes) => {
      onProgress('fetch', bytes, expected.size);
    });
    await this.to.write(name, chunks, signal);
    this.files.push(name);
  }

  /** @param expected SHA-256 of the text, where it is known */
  private async text(name: string, expected?: string): Promise<void> {
    const text = await textOf(await this.from.read(name), LONGEST);
    if (expected !== undefined && sha256(text) !== expected) throw new BackupError('backup_manifest_tampered', name);
    if (this.isThere(name, Buffer.byteLength(text))) return;
    await this.to.write(name, chunksOf(text), this.context.signal);
    this.files.push(name);
  }

  private isThere(name: string, size: number): boolean {
    const found = this.there.get(name);
    if (found !== undefined && found !== size) throw new BackupError('backup_name_taken', name);
    return found === size;
  }
}

/** Passes a file on, and breaks off at its end when it is not what it should be: then nothing of it is kept. */
async function* checked(
  chunks: Chunks,
  name: string,
  expected: Pick<Digest, 'size'> & Partial<Digest>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const hashing = new Hashing();
  yield* hashing.through(chunks, onBytes);
  const found = hashing.digest();
  if (!isSame(found, { ...found, ...expected })) throw new BackupError('backup_archive_damaged', name);
}
