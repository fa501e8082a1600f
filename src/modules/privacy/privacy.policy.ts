import type { FamilyRole } from '../../platform/security/index.js';

/** A family that somebody leaves by the erasure of their account. */
export interface LeftFamily {
  readonly role: FamilyRole;
  /** Other members with an account. */
  readonly others: number;
  /** Those of them who are not about to have it erased. */
  readonly staying: number;
  /** The parents among these. */
  readonly otherParents: number;
}

/**
 * What becomes of it: without anybody else it goes along; the last parent decides for those who would be left without
 * one, and has to. Of several who go at a time the last one takes it along, as the others may still come back.
 */
export function fateOf(
  { role, others, staying, otherParents }: LeftFamily,
  takesFamilies: boolean,
): 'erased' | 'left' | 'undecided' {
  if (others === 0) return 'erased';
  if (role !== 'parent' || otherParents > 0 || staying === 0) return 'left';
  return takesFamilies ? 'erased' : 'undecided';
}

/**
 * Whether parents may have a copy of a member's data or end the account: of a child of theirs alone. A copy has what the
 * child kept to itself, which parents do not see where it was none then.
 */
export function isDecidedByParents(
  member: { role: FamilyRole; hasOwnThings: boolean; hasOtherFamilies: boolean },
  wish: 'copy' | 'end',
): boolean {
  return member.role === 'child' && !member.hasOtherFamilies && (wish === 'end' || !member.hasOwnThings);
}
