/** Every right there is, `resource:action`. `admin:*` stands for all rights over the server, none over a family's data. */
export const PERMISSIONS = [
  'account:read',
  'account:write',
  'credential:write',
  'identity:write',
  'account:export',
  'account:erase',
  'session:read',
  'session:write',
  'api_key:read',
  'api_key:create',
  'api_key:revoke',
  'profile:read',
  'profile:read_family',
  'family:create',
  'family:read',
  'family:write',
  'family:leave',
  'member:read',
  'member:write',
  'member:write_own',
  'member:export',
  'member:erase',
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
  'user:erase',
  'role:read',
  'role:write',
  'operations:read',
  'operations:write',
  'backup:read',
  'backup:create',
  'alert:read',
  'alert:write',
  'audit:read',
  'admin:*',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

export const SERVER_ROLES = ['admin', 'operator', 'user', 'viewer'] as const;
export type ServerRole = (typeof SERVER_ROLES)[number];

export const FAMILY_ROLES = ['parent', 'teenager', 'child', 'grandparent'] as const;
export type FamilyRole = (typeof FAMILY_ROLES)[number];

const ACCOUNT: readonly Permission[] = [
  'account:read',
  'account:export',
  'account:erase',
  'session:read',
  'session:write',
  'api_key:read',
  'api_key:revoke',
  'profile:read',
];
const USER: readonly Permission[] = [
  ...ACCOUNT,
  'account:write',
  'credential:write',
  'identity:write',
  'api_key:create',
  'family:create',
  'invitation:accept',
];
const OPERATIONS: readonly Permission[] = [
  'operations:read',
  'operations:write',
  'backup:read',
  'backup:create',
  'alert:read',
  'alert:write',
];

/** What each role on the server may do. */
export const SERVER_ROLE_PERMISSIONS: Readonly<Record<ServerRole, readonly Permission[]>> = {
  admin: [
    ...USER,
    ...OPERATIONS,
    'user:read',
    'user:write',
    'user:erase',
    'role:read',
    'role:write',
    'audit:read',
    'admin:*',
  ],
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
    'member:export',
    'member:erase',
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

/**
 * Rights of an account that a role in the family takes away: minors found no families; children join none by themselves,
 * have no password or email to change, link nothing and make no keys, and their parents decide over a copy or the end of
 * their account.
 */
const WITHHELD: Readonly<Partial<Record<FamilyRole, readonly Permission[]>>> = {
  teenager: ['family:create'],
  child: [
    'credential:write',
    'identity:write',
    'api_key:create',
    'family:create',
    'invitation:accept',
    'account:export',
    'account:erase',
  ],
};

/**
 * Those of them that count in every family, whichever is active: nobody gets out of being a minor by another family. The
 * others are over what is one's own, and follow the active family. An adult of another family is made no minor here, and
 * leaves a family whose invitation made them one: so no parent of one family keeps an adult of another from anything.
 */
const WITHHELD_EVERYWHERE: readonly Permission[] = [
  'identity:write',
  'api_key:create',
  'family:create',
  'invitation:accept',
];

/** Rights over the server that an admin may give to a person besides roles; none of them opens a family's data. */
export const GRANTABLE_PERMISSIONS = [
  'user:read',
  'user:write',
  'role:read',
  'role:write',
  'operations:read',
  'operations:write',
  'backup:read',
  'backup:create',
  'alert:read',
  'alert:write',
  'audit:read',
] as const satisfies readonly Permission[];

export type GrantablePermission = (typeof GRANTABLE_PERMISSIONS)[number];

const known = new Map<string, ReadonlySet<Permission>>();

/**
 * The rights that follow from a person's roles, and those given besides. A `viewer` who is nothing more on the server only
 * reads in the family too.
 * @param familyRole in the active family
 * @param everywhere the roles in all families, also where none is active
 */
export function permissionsOf(
  serverRoles: readonly ServerRole[],
  familyRole: FamilyRole | null,
  grants: readonly GrantablePermission[] = [],
  everywhere: readonly FamilyRole[] = [],
): ReadonlySet<Permission> {
  if (grants.length > 0) return new Set([...permissionsOf(serverRoles, familyRole, [], everywhere), ...grants]);
  const key = [[...serverRoles].sort().join(), familyRole ?? '', [...new Set(everywhere)].sort().join()].join('|');
  const remembered = known.get(key);
  if (remembered) return remembered;
  const onlyReads = serverRoles.every((role) => role === 'viewer');
  // Who is an adult in another family leaves this one when they like, and has back what it withholds everywhere.
  const isAdult = everywhere.some((role) => WITHHELD[role] === undefined);
  const inFamily: readonly Permission[] =
    familyRole === null
      ? []
      : [...FAMILY_ROLE_PERMISSIONS[familyRole], ...(isAdult ? (['family:leave'] as const) : [])];
  const withheld = new Set([
    ...(familyRole === null ? [] : (WITHHELD[familyRole] ?? [])),
    ...everywhere.flatMap((role) => WITHHELD[role] ?? []).filter((right) => WITHHELD_EVERYWHERE.includes(right)),
  ]);
  const granted = new Set([
    ...serverRoles.flatMap((role) => SERVER_ROLE_PERMISSIONS[role]).filter((permission) => !withheld.has(permission)),
    ...inFamily.filter((permission) => !onlyReads || permission.includes(':read')),
  ]);
  known.set(key, granted);
  return granted;
}

/**
 * What an API key may be made for. Not among them, now or later unless somebody writes it here: making keys, changing
 * credentials, ending sessions, giving rights, inviting people, letting devices in, changing other accounts, and whatever
 * stands for "everything".
 */
export const API_KEY_SCOPES = [
  'account:read',
  'session:read',
  'api_key:read',
  'profile:read',
  'profile:read_family',
  'family:create',
  'family:read',
  'family:write',
  'family:leave',
  'member:read',
  'member:write',
  'member:write_own',
  'invitation:read',
  'invitation:accept',
  'memory:read',
  'memory:write',
  'conversation:read_family',
  'prompt:write',
  'user:read',
  'role:read',
  'operations:read',
  'operations:write',
  'backup:read',
  'backup:create',
  'alert:read',
  'alert:write',
  'audit:read',
] as const satisfies readonly Permission[];

export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

/** The rights of a key: its scopes, as far as its owner has them now. */
export const withinScopes = (granted: ReadonlySet<Permission>, scopes: readonly string[]): ReadonlySet<Permission> =>
  new Set(API_KEY_SCOPES.filter((scope) => granted.has(scope) && scopes.includes(scope)));

/** Whether a route with this rule can be opened by some key. */
export const isOpenToKeys = ({ mode, permissions }: { mode: string; permissions: readonly Permission[] }): boolean => {
  const isScope = (permission: Permission): boolean => API_KEY_SCOPES.some((scope) => scope === permission);
  return mode === 'any' ? permissions.some(isScope) : permissions.every(isScope);
};
