import type { Turn } from '../conversations/conversation.entity.js';
import type { Household } from '../household/household.service.js';
import { canRead } from '../memory.policy.js';

/**
 * Whether facts may be read from a turn. They become private memories of who speaks, so the words must be that member's
 * own, or noted by a parent, who keeps the family's device; and never out of a talk that the speaker may not read.
 */
export function isForSpeaker(
  turn: Turn & { readonly ownerId: string },
  { familyId, people, scopes }: Household,
): boolean {
  const speaker = turn.speakerId === null ? undefined : people.get(turn.speakerId);
  if (!speaker) return false;
  if (speaker.id !== turn.authorId && people.get(turn.authorId)?.role !== 'parent') return false;
  return canRead({ familyId, memberId: speaker.id, role: speaker.role }, scopes.guarded(turn, people));
}
