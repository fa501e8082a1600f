import type { FamilyRole } from '../../platform/security/index.js';
import type { Authority, Status, Visibility } from './memory.entity.js';

/** Who looks or acts. */
export interface Viewer {
  readonly familyId: string;
  readonly memberId: string;
  readonly role: FamilyRole;
}

/** What a decision needs to know of a memory or a conversation. */
export interface Guarded {
  readonly familyId: string;
  readonly ownerId: string;
  /** Null when the owner has left the family. */
  readonly ownerRole: FamilyRole | null;
  /** Whether they kept something to themselves before they were made a child. */
  readonly isOwnerGrown?: boolean;
  readonly visibility: Visibility;
  readonly audience: readonly string[];
}

/** A parent stands in for a child, not for a teenager, nor for one who was made a child again. */
const actsFor = (viewer: Viewer, { ownerId, ownerRole, isOwnerGrown = false }: Guarded): boolean =>
  viewer.memberId === ownerId || (viewer.role === 'parent' && ownerRole === 'child' && !isOwnerGrown);

/**
 * Whether it exists for the viewer at all. What a child keeps to itself or to an audience its parents see too; what
 * somebody kept private who has left the family nobody sees.
 */
export function canRead(viewer: Viewer, item: Guarded): boolean {
  if (viewer.familyId !== item.familyId) return false;
  if (item.visibility === 'family') return true;
  if (actsFor(viewer, item)) return item.ownerRole !== null;
  return item.visibility === 'audience' && item.audience.includes(viewer.memberId);
}

/** Whether the viewer sees it only as a parent who stands in for its owner: neither theirs, nor shown to them. */
export function standsInFor(viewer: Viewer, item: Guarded): boolean {
  const isShown = item.visibility === 'family' || item.audience.includes(viewer.memberId);
  return viewer.memberId !== item.ownerId && !isShown && canRead(viewer, item);
}

/** Change its content, share and unshare it, delete it, take steps back: the owner's, and a parent's for a child. */
export function canChange(viewer: Viewer, item: Guarded): boolean {
  return canRead(viewer, item) && actsFor(viewer, item);
}

/** Say that it is not so: whoever sees it and is its subject, its owner, or a parent. */
export function canContest(viewer: Viewer, item: Guarded & { subjectId: string | null }): boolean {
  if (!canRead(viewer, item)) return false;
  return actsFor(viewer, item) || item.subjectId === viewer.memberId || viewer.role === 'parent';
}

/** Only what holds, or is already in doubt, can be contested. */
export const isContestable = (status: Status): boolean => status === 'live';

/** Add turns to a conversation: whoever owns it, and for a shared one everybody who sees it. */
export function canSpeakIn(viewer: Viewer, conversation: Guarded): boolean {
  return canRead(viewer, conversation) && (conversation.visibility !== 'private' || actsFor(viewer, conversation));
}

/** How much the word of this author weighs about this subject: oneself, then a parent, then others. */
export function authorityOf(author: { id: string; role: FamilyRole }, subjectId: string | null): Authority {
  if (subjectId === null || author.id === subjectId) return 'self';
  return author.role === 'parent' ? 'parent' : 'other';
}
