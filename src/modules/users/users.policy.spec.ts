import { describe, expect, it } from '@jest/globals';
import { canAuthenticate, highestRole, losesLastAdmin } from './users.policy.js';

describe('canAuthenticate', () => {
  it('is for active accounts', () => {
    expect(canAuthenticate({ status: 'active' })).toBe(true);
    expect(canAuthenticate({ status: 'disabled' })).toBe(false);
  });
});

describe('losesLastAdmin', () => {
  it.each([
    [{ isActiveAdmin: true, remainsActiveAdmin: false, otherActiveAdmins: 0 }, true],
    [{ isActiveAdmin: true, remainsActiveAdmin: false, otherActiveAdmins: 1 }, false],
    [{ isActiveAdmin: true, remainsActiveAdmin: true, otherActiveAdmins: 0 }, false],
    [{ isActiveAdmin: false, remainsActiveAdmin: false, otherActiveAdmins: 0 }, false],
    [{ isActiveAdmin: false, remainsActiveAdmin: false, otherActiveAdmins: 1 }, false],
  ])('%j: %s', (change, loses) => {
    expect(losesLastAdmin(change)).toBe(loses);
  });
});

describe('highestRole', () => {
  it.each([
    [['user', 'admin', 'viewer'], 'admin'],
    [['viewer', 'operator'], 'operator'],
    [['viewer', 'user'], 'user'],
    [['viewer'], 'viewer'],
    [[], 'viewer'],
  ] as const)('of %j is %s', (roles, highest) => {
    expect(highestRole(roles)).toBe(highest);
  });
});
