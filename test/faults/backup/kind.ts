import type { BackupErrorCode } from '../../../src/modules/backup/backup.errors.js';
import type { BackupWorld } from '../../support/faults/backup-world.js';

/** Where a kind of fault can happen: on any database, on one of them, or where servers can be stopped and started. */
export type Where = 'any' | 'postgresql' | 'embedded' | 'servers';

/** A kind of fault: what is done, and the code by which it is told. */
export interface Kind {
  readonly name: string;
  /** The code, or what is said where nothing is to be lost by it: `made`, `verified`. */
  readonly code: BackupErrorCode | 'made' | 'verified';
  readonly where?: Where;
  /** Does the fault. @param random is the same in every run with the same seed; @returns the code that was told */
  readonly inject: (world: BackupWorld, random: () => number) => Promise<string>;
}

/** Of a list, one. */
export function oneOf<T>(list: readonly [T, ...T[]], random: () => number): T {
  return list[Math.floor(random() * list.length)] ?? list[0];
}
