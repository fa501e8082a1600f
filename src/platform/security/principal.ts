import type { FamilyRole, Permission, ServerRole } from './permissions.js';

/** The API key of a request. */
export interface ApiKeyInUse {
  readonly id: string;
  /** Null: as many as its owner. */
  readonly maxRequestsPerDay: number | null;
}

/** The signed-in person behind a request: who, by which session or key, in which family, with which rights. */
export interface Principal {
  readonly userId: string;
  /** The session, or the API key, by which they came: what the database verifies again. */
  readonly sessionId: string;
  /** Set where they came by an API key. */
  readonly apiKey?: ApiKeyInUse;
  readonly accessVersion: number;
  readonly serverRoles: readonly ServerRole[];
  readonly familyId: string | null;
  readonly memberId: string | null;
  readonly familyRole: FamilyRole | null;
  readonly permissions: ReadonlySet<Permission>;
}

/** How rights are asked for: all of them, or any. */
export interface AccessRule {
  readonly mode: 'public' | 'all' | 'any';
  readonly permissions: readonly Permission[];
}

/** Whether somebody with these rights may pass. */
export function isAllowed(rule: AccessRule, granted: ReadonlySet<Permission>): boolean {
  if (rule.mode === 'public') return true;
  return rule.mode === 'any'
    ? rule.permissions.some((permission) => granted.has(permission))
    : rule.permissions.every((permission) => granted.has(permission));
}

/** Finds the principal of an access token or of an API key; the auth module implements it. */
export abstract class PrincipalSource {
  /**
   * @param allowRemembered whether a principal read some seconds ago will do, because the first statement of the handler
   *   verifies the session and the version of its rights again
   * @returns undefined when the token, its session or its account does not open anything (any more)
   */
  abstract authenticate(token: string, allowRemembered: boolean): Promise<Principal | undefined>;

  /** The same for the secret of an API key. */
  abstract authenticateKey(secret: string, allowRemembered: boolean): Promise<Principal | undefined>;
}
