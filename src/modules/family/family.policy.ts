import type { FamilyRole, Permission } from '../../platform/security/index.js';
import type { AgeGroup } from './member.entity.js';

/** What the policies need to know of who asks. */
export interface Actor {
  readonly memberId: string | null;
  readonly permissions: ReadonlySet<Permission>;
}

/** Fields of their own profile that members without the right to manage members may change. */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  'first_name',
  'last_name',
  'language_preference',
  'active_skills',
]);

/** Whether the actor may change these fields of that member. */
export function canChangeMember(actor: Actor, memberId: string, fields: readonly string[]): boolean {
  if (actor.permissions.has('member:write')) return true;
  return (
    actor.memberId === memberId &&
    actor.permissions.has('member:write_own') &&
    fields.every((field) => OWN_FIELDS.has(field))
  );
}

/** Whether the actor may take that member out of the family: parents anybody, adults themselves. */
export function canRemoveMember(actor: Actor, memberId: string): boolean {
  if (actor.permissions.has('member:write')) return true;
  return actor.memberId === memberId && actor.permissions.has('family:leave');
}

/** Whether the actor may read that member's profile: one's own, or any for a parent. */
export function canReadProfile(actor: Actor, memberId: string): boolean {
  return actor.memberId === memberId || actor.permissions.has('profile:read_family');
}

/** Whether a change leaves the family without a parent who can sign in. */
export function losesLastParent(change: { isParent: boolean; remainsParent: boolean; otherParents: number }): boolean {
  return change.isParent && !change.remainsParent && change.otherParents === 0;
}

export const isMinor = (role: FamilyRole): boolean => role === 'child' || role === 'teenager';

/** Whether a change of the role takes rights of an adult, or of a teenager, away. */
export const becomesMinor = (before: FamilyRole, after: FamilyRole): boolean =>
  after !== before && (after === 'child' || (after === 'teenager' && !isMinor(before)));

const DEFAULT_AGE_GROUP: Readonly<Record<FamilyRole, AgeGroup>> = {
  parent: 'adult',
  teenager: 'teen',
  child: 'child',
  grandparent: 'elder',
};

export const defaultAgeGroup = (role: FamilyRole): AgeGroup => DEFAULT_AGE_GROUP[role];

/** Whether role and age group go together: rights of a parent are not for children, nor a child's limits for adults. */
export function fitsAge(role: FamilyRole, ageGroup: AgeGroup): boolean {
  const isMinor = ageGroup === 'child' || ageGroup === 'teen';
  if (role === 'child') return isMinor;
  if (role === 'teenager') return ageGroup !== 'elder';
  return ageGroup !== 'child';
}
