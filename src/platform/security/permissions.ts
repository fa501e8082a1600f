/** Every right there is, `resource:action`. `admin:*` stands for all rights over the server, none over a family's data. */
export const PERMISSIONS = [
  'account:read',
  'account:write',
  'credential:write',
  'session:read',
  'session:write',
  'profile:read',
  'profile:read_family',
  'family:create',
  'family:read',
  'family:write',
  'family:leave',
  'member:read',
  'member:write',
  'member:write_own',
  'device:read',
  'device:write',
  'invitation:read',
  'invitation:write',
  'invitation:accept',
  'memory:read',
  'memory:write',
  'conversation:read_family',
  'prompt:write',
  'user:read',
  'user:write',
  'role:read',
  'role:write',
  'operations:read',
  'operations:write',
  'audit:read',
  'admin:*',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

export const SERVER_ROLES = ['admin', 'operator', 'user', 'viewer'] as const;
export type ServerRole = (typeof SERVER_ROLES)[number];

export const FAMILY_ROLES = ['parent', 'teenager', 'child', 'grandparent'] as const;
export type FamilyRole = (typeof FAMILY_ROLES)[number];

const ACCOUNT: readonly Permission[] = ['account:read', 'session:read', 'session:write', 'profile:read'];
const USER: readonly Permission[] = [
  ...ACCOUNT,
  'account:write',
  'credential:write',
  'family:create',
  'invitation:accept',
];
const OPERATIONS: readonly Permission[] = ['operations:read', 'operations:write'];

/** What each role on the server may do. */
export const SERVER_ROLE_PERMISSIONS: Readonly<Record<ServerRole, readonly Permission[]>> = {
  admin: [...USER, ...OPERATIONS, 'user:read', 'user:write', 'role:read', 'role:write', 'audit:read', 'admin:*'],
  operator: [...USER, ...OPERATIONS],
  user: USER,
  viewer: ACCOUNT,
};

const MEMBER: readonly Permission[] = ['family:read', 'member:read', 'memory:read', 'memory:write'];

/** What each role in a family may do within that family. */
export const FAMILY_ROLE_PERMISSIONS: Readonly<Record<FamilyRole, readonly Permission[]>> = {
  parent: [
    ...MEMBER,
    'family:write',
    'family:leave',
    'member:write',
    'member:write_own',
    'device:read',
    'device:write',
    'invitation:read',
    'invitation:write',
    'profile:read_family',
    'conversation:read_family',
    'prompt:write',
  ],
  grandparent: [...MEMBER, 'family:leave', 'member:write_own'],
  teenager: [...MEMBER, 'member:write_own'],
  child: MEMBER,
};

/** Rights of an account that a role in the family takes away: minors found no families; children join none by themselves
 * and have no password or email to change. */
const WITHHELD: Readonly<Partial<Record<FamilyRole, readonly Permission[]>>> = {
  teenager: ['family:create'],
  child: ['family:create', 'invitation:accept', 'credential:write'],
};

const known = new Map<string, ReadonlySet<Permission>>();

/**
 * The rights that follow from a person's roles. A `viewer` who is nothing more on the server only reads in the family too.
 */
export function permissionsOf(
  serverRoles: readonly ServerRole[],
  familyRole: FamilyRole | null,
): ReadonlySet<Permission> {
  const key = `${[...serverRoles].sort().join()}|${familyRole ?? ''}`;
  const remembered = known.get(key);
  if (remembered) return remembered;
  const onlyReads = serverRoles.every((role) => role === 'viewer');
  const inFamily = familyRole === null ? [] : FAMILY_ROLE_PERMISSIONS[familyRole];
  const withheld = familyRole === null ? [] : (WITHHELD[familyRole] ?? []);
  const granted = new Set([
    ...serverRoles
      .flatMap((role) => SERVER_ROLE_PERMISSIONS[role])
      .filter((permission) => !withheld.includes(permission)),
    ...inFamily.filter((permission) => !onlyReads || permission.includes(':read')),
  ]);
  known.set(key, granted);
  return granted;
}
