import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { ACCESS_RULE, ALLOW_REMEMBERED, REFRESH_COOKIE_ROUTE } from './metadata.js';
import { isOpenToKeys, type Permission } from './permissions.js';
import type { AccessRule } from './principal.js';
import type { AppRequest } from './request.js';
import { SecurityError } from './security.errors.js';

function access(rule: AccessRule): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(ACCESS_RULE, rule),
    ApiBearerAuth(),
    ApiCookieAuth(),
    ...(isOpenToKeys(rule) ? [ApiSecurity('api-key')] : []),
    ApiExtension('x-permissions', { [rule.mode]: rule.permissions }),
  );
}

/** Open to everybody, signed in or not. */
export const Public = (): MethodDecorator & ClassDecorator =>
  applyDecorators(
    SetMetadata(ACCESS_RULE, { mode: 'public', permissions: [] } satisfies AccessRule),
    ApiExtension('x-permissions', { public: true }),
  );

/** Needs this right. Sets the guard and documents it. */
export const RequirePermission = (permission: Permission): MethodDecorator & ClassDecorator =>
  access({ mode: 'all', permissions: [permission] });

/** Needs one of these rights. */
export const RequireAnyPermission = (
  ...permissions: readonly [Permission, ...Permission[]]
): MethodDecorator & ClassDecorator => access({ mode: 'any', permissions });

/** Needs all of these rights. */
export const RequireAllPermissions = (
  ...permissions: readonly [Permission, ...Permission[]]
): MethodDecorator & ClassDecorator => access({ mode: 'all', permissions });

/**
 * For hot reads whose first statement verifies session and rights in the database (`TransactionRunner`): the guard may
 * use a principal read some seconds ago. `StaleViewerFilter` runs the request again when that turns out to be old.
 */
export const RememberedSession = (): MethodDecorator => SetMetadata(ALLOW_REMEMBERED, true);

/** A public route whose credential may be the refresh cookie: the CSRF rule applies to it then. */
export const RefreshCookie = (): MethodDecorator => SetMetadata(REFRESH_COOKIE_ROUTE, true);

/** The signed-in person. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const { principal } = context.switchToHttp().getRequest<AppRequest>();
  if (!principal) throw new SecurityError('unauthenticated');
  return principal;
});
