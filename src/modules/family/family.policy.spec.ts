import { describe, expect, it } from '@jest/globals';
import { FAMILY_ROLES, permissionsOf, type FamilyRole } from '../../platform/security/index.js';
import {
  canChangeMember,
  canReadProfile,
  canRemoveMember,
  defaultAgeGroup,
  fitsAge,
  losesLastParent,
  OWN_FIELDS,
  type Actor,
} from './family.policy.js';
import { AGE_GROUPS, type AgeGroup } from './member.entity.js';

const actor = (role: FamilyRole | null): Actor => ({
  memberId: role === null ? null : 'me',
  permissions: permissionsOf(['user'], role),
});
const viewingParent: Actor = { memberId: 'me', permissions: permissionsOf(['viewer'], 'parent') };

describe('canChangeMember', () => {
  it('lets parents change everything of everybody', () => {
    expect(canChangeMember(actor('parent'), 'other', ['role', 'birth_date', 'first_name'])).toBe(true);
  });

  it.each(['teenager', 'grandparent'] as const)('lets a %s change their own harmless fields', (role) => {
    expect(canChangeMember(actor(role), 'me', [...OWN_FIELDS])).toBe(true);
    expect(canChangeMember(actor(role), 'me', [])).toBe(true);
    expect(canChangeMember(actor(role), 'other', ['first_name'])).toBe(false);
    expect(canChangeMember(actor(role), 'other', [])).toBe(false);
    for (const field of ['role', 'age_group', 'birth_date', 'telegram_id']) {
      expect(canChangeMember(actor(role), 'me', ['first_name', field])).toBe(false);
    }
  });

  it('lets children, viewers and people without a family change nothing', () => {
    for (const who of [actor('child'), actor(null), viewingParent])
      expect(canChangeMember(who, 'me', ['first_name'])).toBe(false);
  });
});

describe('canRemoveMember', () => {
  it.each([
    ['parent', true, true],
    ['grandparent', true, false],
    ['teenager', false, false],
    ['child', false, false],
    [null, false, false],
  ] as const)('%s: themselves %s, others %s', (role, themselves, others) => {
    expect(canRemoveMember(actor(role), 'me')).toBe(themselves);
    expect(canRemoveMember(actor(role), 'other')).toBe(others);
  });
});

describe('canReadProfile', () => {
  it.each([...FAMILY_ROLES])('%s: their own; others only as a parent', (role) => {
    expect(canReadProfile(actor(role), 'me')).toBe(true);
    expect(canReadProfile(actor(role), 'other')).toBe(role === 'parent');
  });
});

describe('losesLastParent', () => {
  it.each([
    [{ isParent: true, remainsParent: false, otherParents: 0 }, true],
    [{ isParent: true, remainsParent: false, otherParents: 1 }, false],
    [{ isParent: true, remainsParent: true, otherParents: 0 }, false],
    [{ isParent: false, remainsParent: false, otherParents: 0 }, false],
  ])('%j: %s', (change, loses) => {
    expect(losesLastParent(change)).toBe(loses);
  });
});

describe('role and age group', () => {
  const fitting: Record<FamilyRole, AgeGroup[]> = {
    parent: ['teen', 'adult', 'elder'],
    teenager: ['child', 'teen', 'adult'],
    child: ['child', 'teen'],
    grandparent: ['teen', 'adult', 'elder'],
  };

  it.each([...FAMILY_ROLES])('go together for a %s', (role) => {
    expect(AGE_GROUPS.filter((group) => fitsAge(role, group))).toEqual(fitting[role]);
    expect(fitsAge(role, defaultAgeGroup(role))).toBe(true);
  });
});
