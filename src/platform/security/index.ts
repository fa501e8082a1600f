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
  FAMILY_ROLE_PERMISSIONS,
  FAMILY_ROLES,
  PERMISSIONS,
  permissionsOf,
  SERVER_ROLE_PERMISSIONS,
  SERVER_ROLES,
  type FamilyRole,
  type Permission,
  type ServerRole,
} from './permissions.js';
export { isAllowed, PrincipalSource, type AccessRule, type Principal } from './principal.js';
export { ACCESS_COOKIE, cookieOf, credentialsOf, REFRESH_COOKIE, type AppRequest } from './request.js';
export { RouteAccess, type RouteRule } from './route-access.js';
export { SecurityError, type SecurityErrorCode } from './security.errors.js';
export { SecurityModule } from './security.module.js';
export { StaleViewerFilter } from './stale-viewer.filter.js';
