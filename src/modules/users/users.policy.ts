import type { Permission, ServerRole } from '../../platform/security/index.js';
import type { UserStatus } from './user.entity.js';

/** Whether an account may sign in: asked on every path that makes a session or continues one. */
export const canAuthenticate = (account: { status: UserStatus }): boolean => account.status === 'active';

/** Whether whoever proves to be its owner may come in, which takes the end of a closing account back. */
export const mayReturn = (account: { status: UserStatus }): boolean =>
  account.status === 'active' || account.status === 'closing';

/** Whether a change takes the server its last active admin. */
export function losesLastAdmin(change: {
  isActiveAdmin: boolean;
  remainsActiveAdmin: boolean;
  otherActiveAdmins: number;
}): boolean {
  return change.isActiveAdmin && !change.remainsActiveAdmin && change.otherActiveAdmins === 0;
}

/** Nobody gives more than they have themselves, nor takes it. */
export const mayGive = (own: ReadonlySet<Permission>, given: readonly Permission[]): boolean =>
  given.every((permission) => own.has(permission));

const RANK: readonly ServerRole[] = ['admin', 'operator', 'user', 'viewer'];

/** The role that tells most about a person on the server. */
export const highestRole = (roles: readonly ServerRole[]): ServerRole =>
  RANK.find((role) => roles.includes(role)) ?? 'viewer';
