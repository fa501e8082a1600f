import { BackupError, unlessKept } from './backup.errors.js';
import { baseName, MANIFEST, parseName, readManifest, sha256, type Manifest } from './manifest.js';
import {
  DAMAGED,
  newestNote,
  noteName,
  notesOf,
  saysDamaged,
  supersedes,
  TRASH,
  VERIFIED,
  type NoteKind,
} from './notes.js';
import { chunksOf, textOf, type Target } from './targets/target.js';

/** Says that a backup was verified by restoring it. */
export interface Receipt {
  /** SHA-256 of the text of the manifest that was verified: the receipt says nothing of any other. */
  readonly manifest: string;
  /** By the clock of whoever wrote it. */
  readonly at: string;
  /** Public keys that opened it. */
  readonly opened_by: readonly string[];
  /** Of the restore, from the first byte to the answer of the search. */
  readonly seconds: number;
}

/** Says when a backup went into the trash, and which was the newest one then. */
export interface Trashed {
  readonly at: string;
  readonly head: number;
}

/** A backup as the target has it. */
export interface CatalogEntry {
  readonly manifest: Manifest;
  /** SHA-256 of the text of the manifest, as the next one names it. */
  readonly sha256: string;
  readonly verified: Receipt | undefined;
  readonly isDamaged: boolean;
  readonly trashed: Trashed | undefined;
  /** Bytes of the archive as it is listed; undefined where it is not. */
  readonly archiveSize: number | undefined;
}

/** Everything that is stored, and what is wrong with it. */
export interface Catalog {
  /** Oldest first; those in the trash too. */
  readonly entries: readonly CatalogEntry[];
  /** Manifests that cannot be believed. */
  readonly faults: readonly { readonly sequence: number; readonly id: string; readonly error: BackupError }[];
}

const LONGEST = 1 << 20;

/**
 * Reads all manifests, and compares each with what the next one says of it.
 * @throws BackupError of the target
 */
export async function readCatalog(target: Target): Promise<Catalog> {
  const files = await target.list();
  const sizes = new Map(files.map(({ name, size }) => [name, size]));
  const read: { sequence: number; id: string; text: string | undefined }[] = [];
  for (const { name } of files) {
    const parsed = parseName(name);
    if (parsed?.part === MANIFEST) read.push({ ...parsed, text: await readText(target, name) });
  }
  read.sort((one, other) => one.sequence - other.sequence || (one.id < other.id ? -1 : 1));
  const entries: CatalogEntry[] = [];
  const faults: { sequence: number; id: string; error: BackupError }[] = [];
  const named = new Map<number, string>();
  for (const { sequence, id, text } of read.toReversed()) {
    try {
      const manifest = checked(text, { sequence, id }, named.get(sequence));
      if (manifest.previous) named.set(manifest.previous.sequence, manifest.previous.sha256);
      entries.unshift(await entryOf(target, manifest, sha256(text ?? ''), sizes));
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      faults.unshift({ sequence, id, error });
    }
  }
  return { entries, faults };
}

function checked(text: string | undefined, name: { sequence: number; id: string }, expected?: string): Manifest {
  if (text === undefined) throw new BackupError('backup_manifest_missing', 'listed, but not there');
  const manifest = readManifest(text, expected);
  if (manifest.sequence !== name.sequence || manifest.id !== name.id)
    throw new BackupError('backup_manifest_tampered', 'another name than its own');
  return manifest;
}

async function entryOf(
  target: Target,
  manifest: Manifest,
  hash: string,
  sizes: ReadonlyMap<string, number>,
): Promise<CatalogEntry> {
  const notes = notesOf(manifest, [...sizes.keys()]);
  const read = async (name: string | undefined): Promise<unknown> =>
    name === undefined ? undefined : parse(await readText(target, name));
  const verified = newestNote(notes, VERIFIED);
  return {
    manifest,
    sha256: hash,
    verified: receiptOf(await read(verified?.name), hash),
    isDamaged: saysDamaged(notes),
    trashed: trashedOf(await read(newestNote(notes, TRASH)?.name)),
    archiveSize: sizes.get(manifest.archive.name),
  };
}

/** Whether the manifest of a backup can be read at all, whatever it says. @throws BackupError of the target */
export const hasManifest = async (target: Target, backup: Pick<Manifest, 'sequence' | 'id'>): Promise<boolean> =>
  (await readText(target, `${baseName(backup)}.${MANIFEST}`)) !== undefined;

/** Undefined where it is listed but not there: a listing may be older than what it lists. */
async function readText(target: Target, name: string): Promise<string | undefined> {
  try {
    return await textOf(await target.read(name), LONGEST);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'backup_archive_missing') return undefined;
    throw error;
  }
}

/** A note that cannot be read counts as none: a backup is verified only by one that can. */
function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** A receipt of another manifest, or of one that was changed since, is none. */
function receiptOf(note: unknown, manifest: string): Receipt | undefined {
  const { manifest: verified, at, seconds } = (note ?? {}) as Partial<Receipt>;
  const isRead = verified === manifest && isTime(at) && typeof seconds === 'number';
  return isRead ? (note as Receipt) : undefined;
}

/** What is in the trash without a time stays there: it cannot be told how long it has been. */
function trashedOf(note: unknown): Trashed | undefined {
  return typeof note === 'object' && note !== null ? (note as Trashed) : undefined;
}

const isTime = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value));

/** Whether everything of it is there, as far as a listing tells. */
export const isWhole = ({ manifest, archiveSize, isDamaged }: CatalogEntry): boolean =>
  archiveSize === manifest.archive.size && !isDamaged;

/** Whether it was restored once, and nothing has been found against it since. */
export const isVerified = (entry: CatalogEntry): boolean => isWhole(entry) && entry.verified !== undefined;

/** Keeps that a backup was verified. */
export const noteVerified = (
  target: Target,
  { manifest, sha256: hash }: Pick<CatalogEntry, 'manifest' | 'sha256'>,
  proof: Omit<Receipt, 'manifest'>,
): Promise<void> => note(target, manifest, VERIFIED, { ...proof, manifest: hash });

/** Keeps that it is damaged: it counts as verified no more. */
export const noteDamaged = (target: Target, manifest: Manifest, code: string): Promise<void> =>
  note(target, manifest, DAMAGED, { code, at: new Date().toISOString() });

/** Puts a backup into the trash: its files stay until `purge`. */
export const noteTrashed = (target: Target, manifest: Manifest, trashed: Trashed): Promise<void> =>
  note(target, manifest, TRASH, trashed);

/**
 * Deletes a backup for good: the archive first, then the manifest, the note of the trash last. Whatever interrupts it, what
 * is left still says that it is in the trash, so the next time the rest goes; the archive never stays without them.
 */
export async function purge(target: Target, manifest: Manifest): Promise<void> {
  const notes = notesOf(
    manifest,
    (await target.list()).map(({ name }) => name),
  );
  const last = notes.toSorted((one, other) => Number(one.kind === TRASH) - Number(other.kind === TRASH));
  for (const name of [manifest.archive.name, `${baseName(manifest)}.${MANIFEST}`, ...last.map(({ name }) => name)])
    await target.delete(name);
}

/** Writes a note in the place of those that it supersedes, or beside them where the target keeps what it has. */
async function note(target: Target, manifest: Manifest, kind: NoteKind, content: object): Promise<void> {
  const files = await target.list();
  const older = notesOf(
    manifest,
    files.map(({ name }) => name),
  ).filter((each) => supersedes(kind, each.kind));
  let number = 1;
  try {
    for (const { name } of older) await target.delete(name);
  } catch (error) {
    unlessKept(error);
    number = 1 + Math.max(0, ...older.map((each) => each.number));
  }
  const text = `${JSON.stringify(content)}\n`;
  await target.write(noteName(manifest, kind, number), chunksOf(text), new AbortController().signal);
}
