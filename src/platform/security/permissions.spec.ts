import { describe, expect, it } from '@jest/globals';
import {
  API_KEY_SCOPES,
  FAMILY_ROLE_PERMISSIONS,
  FAMILY_ROLES,
  PERMISSIONS,
  isOpenToKeys,
  permissionsOf,
  SERVER_ROLE_PERMISSIONS,
  SERVER_ROLES,
  withinScopes,
} from './permissions.js';

describe('permissions', () => {
  it('are named resource:action, each once, and each is given to somebody', () => {
    expect(new Set(PERMISSIONS).size).toBe(PERMISSIONS.length);
    const given = new Set(
      [...Object.values(SERVER_ROLE_PERMISSIONS), ...Object.values(FAMILY_ROLE_PERMISSIONS)].flat(),
    );
    for (const permission of PERMISSIONS) {
      expect(permission).toMatch(/^[a-z_]+:([a-z_]+|\*)$/);
      expect(given).toContain(permission);
    }
  });

  it('are withheld from children: credentials, linked accounts, keys, devices, and a copy or the end of the account', () => {
    const child = permissionsOf(['user'], 'child');
    const closed = [
      'credential:write',
      'identity:write',
      'api_key:create',
      'member:export',
      'member:erase',
      'device:read',
      'device:write',
      'account:export',
      'account:erase',
      'family:create',
      'invitation:accept',
    ] as const;
    expect(closed.filter((permission) => child.has(permission))).toEqual([]);
    expect(closed.filter((permission) => !permissionsOf(['user'], 'parent').has(permission))).toEqual([]);
  });

  it('of the server open no family: an admin without a family sees none', () => {
    const inFamilies = new Set(Object.values(FAMILY_ROLE_PERMISSIONS).flat());
    for (const role of SERVER_ROLES) {
      expect([...permissionsOf([role], null)].filter((permission) => inFamilies.has(permission))).toEqual([]);
    }
  });

  it('of a family open no administration: a parent administers nobody', () => {
    for (const role of FAMILY_ROLES) {
      const granted = permissionsOf(['user'], role);
      for (const permission of [
        'user:read',
        'user:write',
        'role:read',
        'role:write',
        'operations:read',
        'admin:*',
      ] as const) {
        expect({ role, permission, granted: granted.has(permission) }).toEqual({ role, permission, granted: false });
      }
    }
  });

  it('add up over roles', () => {
    const both = permissionsOf(['user', 'operator'], 'parent');
    for (const permission of [
      ...permissionsOf(['user'], null),
      ...permissionsOf(['operator'], null),
      ...permissionsOf(['user'], 'parent'),
    ]) {
      expect(both).toContain(permission);
    }
  });

  it('of a viewer only read, in the family as well', () => {
    const granted = [...permissionsOf(['viewer'], 'parent')];
    expect(granted).toContain('family:read');
    expect(granted.filter((permission) => /:(write|create|accept|leave)/.test(permission))).toEqual(['session:write']);
    expect(permissionsOf(['viewer', 'user'], 'parent')).toContain('family:write');
  });

  it('of nobody are none', () => {
    expect([...permissionsOf([], null)]).toEqual([]);
    expect([...permissionsOf([], 'parent')].filter((permission) => !permission.includes(':read'))).toEqual([]);
  });

  it('of minors lack what is for adults', () => {
    expect(permissionsOf(['user'], 'teenager')).not.toContain('family:create');
    expect(permissionsOf(['user'], 'child')).not.toContain('family:create');
    expect(permissionsOf(['user'], 'child')).not.toContain('invitation:accept');
    expect(permissionsOf(['user'], 'child')).not.toContain('credential:write');
    expect(permissionsOf(['user'], 'child')).not.toContain('member:write_own');
  });

  it('of minors lack what reaches out in every family; what is over their own account follows the active one', () => {
    for (const active of ['parent', 'grandparent', null] as const) {
      const teenager = permissionsOf(['user'], active, [], ['grandparent', 'teenager']);
      expect(teenager).not.toContain('family:create');
      expect(teenager).toContain('invitation:accept');
      const child = permissionsOf(['user'], active, ['user:read'], ['child']);
      for (const right of ['family:create', 'invitation:accept', 'identity:write', 'api_key:create'])
        expect(child).not.toContain(right);
      for (const right of ['credential:write', 'account:export', 'account:erase', 'user:read'])
        expect(child).toContain(right);
    }
    const adult = permissionsOf(['user'], 'parent', [], ['parent', 'grandparent']);
    expect([...adult]).toEqual([...permissionsOf(['user'], 'parent')]);
  });

  it('do not depend on the order of roles', () => {
    expect(permissionsOf(['operator', 'user'], null)).toBe(permissionsOf(['user', 'operator'], null));
  });
});

describe('the rights of an API key', () => {
  it('are its scopes as far as its owner has them', () => {
    const parent = permissionsOf(['user'], 'parent');
    expect([...withinScopes(parent, ['memory:read', 'operations:read'])]).toEqual(['memory:read']);
    expect([...withinScopes(permissionsOf([], null), API_KEY_SCOPES)]).toEqual([]);
  });

  it('leave out what no key may do, decided for every permission', () => {
    const scopes: readonly string[] = API_KEY_SCOPES;
    expect(PERMISSIONS.filter((permission) => !scopes.includes(permission))).toEqual([
      'account:write',
      'credential:write',
      'identity:write',
      'account:export',
      'account:erase',
      'session:write',
      'api_key:create',
      'api_key:revoke',
      'member:export',
      'member:erase',
      'device:read',
      'device:write',
      'invitation:write',
      'user:write',
      'user:erase',
      'role:write',
      'admin:*',
    ]);
  });

  it('hold nothing that is not for keys, whatever is stored as its scopes', () => {
    const everything = permissionsOf(['admin', 'operator', 'user'], 'parent');
    const granted = withinScopes(everything, PERMISSIONS);
    expect([...granted]).toEqual([...API_KEY_SCOPES]);
    expect(granted).not.toContain('api_key:create');
    expect(granted).not.toContain('admin:*');
  });

  it('tell which routes a key can open', () => {
    expect(isOpenToKeys({ mode: 'all', permissions: ['memory:read'] })).toBe(true);
    expect(isOpenToKeys({ mode: 'all', permissions: ['memory:read', 'account:write'] })).toBe(false);
    expect(isOpenToKeys({ mode: 'any', permissions: ['memory:read', 'account:write'] })).toBe(true);
    expect(isOpenToKeys({ mode: 'any', permissions: ['account:write'] })).toBe(false);
  });
});
