import type { FamilyRole } from '../../platform/security/index.js';

/** A family that somebody leaves by the erasure of their account. */
export interface LeftFamily {
  readonly role: FamilyRole;
  /** Other members whose accounts are open, and how many of them are parents. */
  readonly others: number;
  readonly otherParents: number;
}

/**
 * What becomes of it: without anybody else it goes along; the last parent decides for those who would be left without
 * one, and has to.
 */
export function fateOf(
  { role, others, otherParents }: LeftFamily,
  takesFamilies: boolean,
): 'erased' | 'left' | 'undecided' {
  if (others === 0) return 'erased';
  if (role !== 'parent' || otherParents > 0) return 'left';
  return takesFamilies ? 'erased' : 'undecided';
}
