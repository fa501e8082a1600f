import { Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { UnexpectedQueryGuard } from '../http/unexpected-query.guard.js';
import { LimitGuard } from '../limits/limit.guard.js';
import { AuthenticateGuard } from './authenticate.guard.js';
import { CsrfGuard } from './csrf.guard.js';
import { PermissionGuard } from './permission.guard.js';
import { RouteAccess } from './route-access.js';

/** The guards of every route, in this order: who asks, by which credential, how often, with which right; last, that nothing is asked that is not read. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: APP_GUARD, useClass: AuthenticateGuard },
    { provide: APP_GUARD, useClass: CsrfGuard },
    { provide: APP_GUARD, useClass: LimitGuard },
    { provide: APP_GUARD, useClass: PermissionGuard },
    { provide: APP_GUARD, useClass: UnexpectedQueryGuard },
    RouteAccess,
  ],
  exports: [RouteAccess],
})
export class SecurityModule {}
