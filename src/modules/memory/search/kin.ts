import type { FamilyRole } from '../../../platform/security/index.js';
import type { Member } from '../../family/index.js';
import { kinOf, type Kin } from '../facts/lexicon/kinship.js';
import { genderOf } from '../facts/lexicon/names.js';
import { fold } from '../fold.js';

const YOUNG: readonly FamilyRole[] = ['child', 'teenager'];

/** Of which role somebody's relative is, where a family's roles can tell. */
function rolesOf(tie: Kin['tie'], viewer: FamilyRole): readonly FamilyRole[] {
  const isYoung = YOUNG.includes(viewer);
  switch (tie) {
    case 'grandparent':
      return viewer === 'grandparent' ? [] : ['grandparent'];
    case 'parent':
      return isYoung ? ['parent'] : viewer === 'parent' ? ['grandparent'] : [];
    case 'child':
      return viewer === 'parent' ? YOUNG : viewer === 'grandparent' ? ['parent'] : [];
    case 'grandchild':
      return viewer === 'grandparent' ? YOUNG : [];
    case 'sibling':
      return isYoung ? YOUNG : [];
    case 'partner':
      return viewer === 'grandparent' || viewer === 'parent' ? [viewer] : [];
    default:
      return [];
  }
}

/** Members whom words like "grandma" or "mi hijo" mean when this person says them: those that fit as the only one. */
export function relativesNamed(
  words: readonly string[],
  people: readonly Member[],
  viewer: { readonly memberId: string; readonly role: FamilyRole },
): Member[] {
  const found = words.flatMap((word) => {
    const kin = kinOf(word);
    if (!kin || kin.plural) return [];
    const roles = rolesOf(kin.tie, viewer.role);
    const fitting = people.filter(
      ({ id, role, firstName }) =>
        id !== viewer.memberId &&
        roles.includes(role) &&
        (kin.gender === null || [null, kin.gender].includes(genderOf(fold(firstName), null))),
    );
    return fitting.length === 1 ? fitting : [];
  });
  return [...new Set(found)];
}
