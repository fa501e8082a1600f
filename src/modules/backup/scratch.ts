import type { Place } from './connection.repository.js';
import type { Manifest } from './manifest.js';
import type { Chunks } from './targets/target.js';

/** A new, empty database into which a backup is restored, apart from the one that is used. */
export interface Scratch {
  /** Fills it, whole or not at all. @param open begins to read the content of the archive anew */
  fill(open: () => Chunks, manifest: Manifest, signal: AbortSignal): Promise<void>;
  /** Where the owner signs in to it. */
  readonly place: Place;
  /** Applies the migrations that came after the backup; returns their names. */
  migrate(): Promise<readonly string[]>;
  /** Puts it in the place of the one that is used, which is kept; returns where that is, or null where there was none. */
  swapIn(): Promise<string | null>;
  /** Deletes it. Never throws. */
  drop(): Promise<void>;
}
