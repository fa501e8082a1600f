import { describe, expect, it } from '@jest/globals';
import {
  FAMILY_ROLE_PERMISSIONS,
  FAMILY_ROLES,
  PERMISSIONS,
  permissionsOf,
  SERVER_ROLE_PERMISSIONS,
  SERVER_ROLES,
} from './permissions.js';

describe('permissions', () => {
  it('are named resource:action, each once, and each is given to somebody', () => {
    expect(new Set(PERMISSIONS).size).toBe(PERMISSIONS.length);
    const given = new Set(
      [...Object.values(SERVER_ROLE_PERMISSIONS), ...Object.values(FAMILY_ROLE_PERMISSIONS)].flat(),
    );
    for (const permission of PERMISSIONS) {
      expect(permission).toMatch(/^[a-z]+:([a-z_]+|\*)$/);
      expect(given).toContain(permission);
    }
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

  it('do not depend on the order of roles', () => {
    expect(permissionsOf(['operator', 'user'], null)).toBe(permissionsOf(['user', 'operator'], null));
  });
});
