import { describe, expect, it } from '@jest/globals';
import type { Permission } from './permissions.js';
import { isAllowed, type AccessRule } from './principal.js';

const granted = new Set<Permission>(['family:read', 'member:read']);
const rule = (mode: AccessRule['mode'], ...permissions: Permission[]): AccessRule => ({ mode, permissions });

describe('isAllowed', () => {
  it.each<[AccessRule, boolean]>([
    [rule('public'), true],
    [rule('all', 'family:read'), true],
    [rule('all', 'family:read', 'member:read'), true],
    [rule('all', 'family:read', 'family:write'), false],
    [rule('any', 'family:write', 'member:read'), true],
    [rule('any', 'family:write', 'member:write'), false],
    [rule('any'), false],
  ])('%j: %s', (asked, expected) => {
    expect(isAllowed(asked, granted)).toBe(expected);
  });

  it('gives admins nothing by the star alone: rights are asked for by name', () => {
    expect(isAllowed(rule('all', 'family:read'), new Set(['admin:*']))).toBe(false);
  });
});
