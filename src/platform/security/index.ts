export {
  CurrentUser,
  Public,
  RefreshCookie,
  RememberedSession,
  RequireAllPermissions,
  RequireAnyPermission,
  RequirePermission,
} from './decorators.js';
export {
  API_KEY_SCOPES,
  FAMILY_ROLE_PERMISSIONS,
  FAMILY_ROLES,
  GRANTABLE_PERMISSIONS,
  PERMISSIONS,
  permissionsOf,
  SERVER_ROLE_PERMISSIONS,
  SERVER_ROLES,
  withinScopes,
  type ApiKeyScope,
  type FamilyRole,
  type GrantablePermission,
  type Permission,
  type ServerRole,
} from './permissions.js';
export { isAllowed, PrincipalSource, type AccessRule, type ApiKeyInUse, type Principal } from './principal.js';
export { ACCESS_COOKIE, API_KEY_HEADER, cookieOf, credentialsOf, REFRESH_COOKIE, type AppRequest } from './request.js';
export { RouteAccess, type RouteRule } from './route-access.js';
export { SecurityError, type SecurityErrorCode } from './security.errors.js';
export { SecurityModule } from './security.module.js';
export { StaleViewerFilter } from './stale-viewer.filter.js';
