import { baseName, type Manifest } from './manifest.js';

/** Notes beside a backup: it was restored and compared, it is damaged, it is in the trash. */
export const VERIFIED = 'verified.json';
export const DAMAGED = 'damaged.json';
export const TRASH = 'trash.json';
export type NoteKind = typeof VERIFIED | typeof DAMAGED | typeof TRASH;

/** A note by its name: `000001-ID.verified.json`, or with a number where an older one could not be deleted. */
export interface Note {
  readonly name: string;
  readonly kind: NoteKind;
  /** The higher, the newer. */
  readonly number: number;
}

const NOTE = /^\.(?:([2-9]|[1-9]\d{1,5})\.)?((?:verified|damaged|trash)\.json)$/;

type Named = Pick<Manifest, 'sequence' | 'id'>;

/** What of the files are notes of a backup. */
export function notesOf(backup: Named, files: readonly string[]): Note[] {
  const base = baseName(backup);
  return files.flatMap((name) => {
    const [, number = '1', kind] = (name.startsWith(base) ? NOTE.exec(name.slice(base.length)) : null) ?? [];
    return kind === undefined ? [] : [{ name, kind: kind as NoteKind, number: Number(number) }];
  });
}

export const noteName = (backup: Named, kind: NoteKind, number: number): string =>
  `${baseName(backup)}.${number === 1 ? '' : `${String(number)}.`}${kind}`;

/** That a backup was verified, and that it is damaged, cannot both hold: the newer note says which. */
export const supersedes = (kind: NoteKind, older: NoteKind): boolean => (kind === TRASH) === (older === TRASH);

export const newestNote = (notes: readonly Note[], kind: NoteKind): Note | undefined =>
  notes
    .filter((note) => note.kind === kind)
    .reduce<Note | undefined>((newest, note) => (newest && newest.number > note.number ? newest : note), undefined);

/** Whether the newest word on a backup is that it is damaged. */
export const saysDamaged = (notes: readonly Note[]): boolean =>
  (newestNote(notes, DAMAGED)?.number ?? 0) >= (newestNote(notes, VERIFIED)?.number ?? 1);
