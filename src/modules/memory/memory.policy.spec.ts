import { describe, expect, it } from '@jest/globals';
import {
  authorityOf,
  canChange,
  canContest,
  canRead,
  canSpeakIn,
  isContestable,
  type Guarded,
  type Viewer,
} from './memory.policy.js';

const FAMILY = 'family';
const viewer = (memberId: string, role: Viewer['role'], familyId = FAMILY): Viewer => ({ familyId, memberId, role });
const PARENT = viewer('parent', 'parent');
const TEENAGER = viewer('teenager', 'teenager');
const CHILD = viewer('child', 'child');
const GRANDPARENT = viewer('grandparent', 'grandparent');
const STRANGER = viewer('stranger', 'parent', 'elsewhere');
const ALL = [PARENT, TEENAGER, CHILD, GRANDPARENT, STRANGER];

const item = (owner: Viewer, visibility: Guarded['visibility'], audience: readonly Viewer[] = []): Guarded => ({
  familyId: FAMILY,
  ownerId: owner.memberId,
  ownerRole: owner.role,
  visibility,
  audience: audience.map(({ memberId }) => memberId),
});
const who = (may: (one: Viewer) => boolean): string[] => ALL.filter(may).map(({ memberId }) => memberId);

describe('who may do what to a memory', () => {
  it.each([
    ['private of a parent', item(PARENT, 'private'), ['parent'], ['parent']],
    ['private of a teenager', item(TEENAGER, 'private'), ['teenager'], ['teenager']],
    ['private of a child', item(CHILD, 'private'), ['parent', 'child'], ['parent', 'child']],
    ['private of one made a child', { ...item(CHILD, 'private'), isOwnerGrown: true }, ['child'], ['child']],
    ['of the family', item(TEENAGER, 'family'), ['parent', 'teenager', 'child', 'grandparent'], ['teenager']],
    ['to an audience', item(PARENT, 'audience', [TEENAGER]), ['parent', 'teenager'], ['parent']],
    [
      "to a child's audience",
      item(CHILD, 'audience', [GRANDPARENT]),
      ['parent', 'child', 'grandparent'],
      ['parent', 'child'],
    ],
    ['private of one who left', { ...item(PARENT, 'private'), ownerId: 'left', ownerRole: null }, [], []],
  ])('%s', (_name, guarded, readers, changers) => {
    expect(who((one) => canRead(one, guarded))).toEqual(readers);
    expect(who((one) => canChange(one, guarded))).toEqual(changers);
    expect(who((one) => canSpeakIn(one, guarded))).toEqual(readers);
  });

  it('its subject and parents may contest what they see', () => {
    const said = { ...item(GRANDPARENT, 'family'), subjectId: 'teenager' };
    expect(who((one) => canContest(one, said))).toEqual(['parent', 'teenager', 'grandparent']);
    expect(who((one) => canContest(one, { ...said, visibility: 'private' }))).toEqual(['grandparent']);
    expect((['live', 'contested', 'superseded', 'retracted'] as const).filter(isContestable)).toEqual(['live']);
  });

  it('weighs the word of oneself, then of a parent, then of others', () => {
    expect(authorityOf({ id: 'child', role: 'child' }, 'child')).toBe('self');
    expect(authorityOf({ id: 'parent', role: 'parent' }, 'child')).toBe('parent');
    expect(authorityOf({ id: 'teenager', role: 'teenager' }, 'child')).toBe('other');
  });
});
