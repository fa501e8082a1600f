import { describe, expect, test } from '@jest/globals';
import { fateOf, isDecidedByParents } from './privacy.policy.js';

describe('a family that somebody leaves by an erasure', () => {
  test.each([
    ['a parent who is alone', { role: 'parent', others: 0, staying: 0, otherParents: 0 }, 'erased', 'erased'],
    ['a teenager who is alone', { role: 'teenager', others: 0, staying: 0, otherParents: 0 }, 'erased', 'erased'],
    ['one of two parents', { role: 'parent', others: 3, staying: 3, otherParents: 1 }, 'left', 'left'],
    ['a grandparent', { role: 'grandparent', others: 2, staying: 2, otherParents: 1 }, 'left', 'left'],
    [
      'a grandparent where no parent is',
      { role: 'grandparent', others: 1, staying: 1, otherParents: 0 },
      'left',
      'left',
    ],
    ['a parent where all others are going', { role: 'parent', others: 2, staying: 0, otherParents: 0 }, 'left', 'left'],
    ['the last parent of others', { role: 'parent', others: 1, staying: 1, otherParents: 0 }, 'undecided', 'erased'],
  ] as const)('of %s', (_who, family, fate, fateIfTaken) => {
    expect([fateOf(family, false), fateOf(family, true)]).toEqual([fate, fateIfTaken]);
  });
});

describe('parents decide over a copy and the end', () => {
  const child = { role: 'child', hasOwnThings: false, hasOtherFamilies: false } as const;

  test.each([
    ['of a child', child, true, true],
    ['of a child that kept something before, which they do not see', { ...child, hasOwnThings: true }, false, true],
    ['of a child of two families', { ...child, hasOtherFamilies: true }, false, false],
    ['of a teenager', { ...child, role: 'teenager' }, false, false],
    ['of another parent', { ...child, role: 'parent' }, false, false],
  ] as const)('%s', (_who, member, copy, end) => {
    expect([isDecidedByParents(member, 'copy'), isDecidedByParents(member, 'end')]).toEqual([copy, end]);
  });
});
