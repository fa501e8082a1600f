import { Body, Controller, Get, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems, UuidParam } from '../../platform/http/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../platform/security/index.js';
import { GrantRequest, RoleRequest } from './dto/role.request.js';
import {
  GrantsResponse,
  MyPermissionsResponse,
  RolesResponse,
  toMyPermissions,
  toRolesResponse,
  UserRolesResponse,
} from './dto/role.response.js';
import { UserResponse } from './dto/user.response.js';
import { GrantsService } from './grants.service.js';
import { UsersService } from './users.service.js';

@ApiTags('roles')
@Controller('roles')
export class RolesController {
  constructor(
    private readonly users: UsersService,
    private readonly grants: GrantsService,
  ) {}

  @Get()
  @RequirePermission('role:read')
  @ApiOperation({ summary: 'Every role and what it may do' })
  @ApiOkResponse({ type: RolesResponse })
  @ApiProblems(401, 403)
  list(): RolesResponse {
    return toRolesResponse();
  }

  @Get('me/permissions')
  @RequirePermission('account:read')
  @ApiOperation({ summary: 'Your roles and rights' })
  @ApiOkResponse({ type: MyPermissionsResponse })
  @ApiProblems(401)
  mine(@CurrentUser() principal: Principal): MyPermissionsResponse {
    return toMyPermissions(principal);
  }

  @Get('user/:id')
  @RequirePermission('role:read')
  @ApiOperation({ summary: 'The server roles of an account' })
  @ApiOkResponse({ type: UserRolesResponse })
  @ApiProblems(400, 401, 403, 404)
  async ofUser(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<UserRolesResponse> {
    return { user_id: id, roles: (await this.users.get(principal, id)).roles };
  }

  @Post('assign')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('role:write')
  @ApiOperation({ summary: 'Give an account a server role' })
  @ApiOkResponse({ type: UserResponse })
  @ApiProblems(400, 401, 403, 404)
  assign(@CurrentUser() principal: Principal, @Body() { user_id, role }: RoleRequest): Promise<UserResponse> {
    return this.users.assignRole(principal, user_id, role);
  }

  @Post('revoke')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('role:write')
  @ApiOperation({ summary: 'Take a server role from an account' })
  @ApiOkResponse({ type: UserResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  revoke(@CurrentUser() principal: Principal, @Body() { user_id, role }: RoleRequest): Promise<UserResponse> {
    return this.users.revokeRole(principal, user_id, role);
  }

  @Post('grants')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('role:write')
  @ApiOperation({ summary: 'Give an account one right over the server, besides its roles' })
  @ApiOkResponse({ type: GrantsResponse })
  @ApiProblems(400, 401, 403, 404)
  give(@CurrentUser() principal: Principal, @Body() { user_id, permission }: GrantRequest): Promise<GrantsResponse> {
    return this.grants.give(principal, user_id, permission);
  }

  @Post('grants/revoke')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('role:write')
  @ApiOperation({ summary: 'Take from an account one right that it has besides its roles' })
  @ApiOkResponse({ type: GrantsResponse })
  @ApiProblems(400, 401, 403, 404)
  take(@CurrentUser() principal: Principal, @Body() { user_id, permission }: GrantRequest): Promise<GrantsResponse> {
    return this.grants.take(principal, user_id, permission);
  }

  @Get('grants/user/:id')
  @RequirePermission('role:read')
  @ApiOperation({ summary: 'The rights that an account has besides its roles' })
  @ApiOkResponse({ type: GrantsResponse })
  @ApiProblems(400, 401, 403, 404)
  grantsOf(@UuidParam('id') id: string): Promise<GrantsResponse> {
    return this.grants.list(id);
  }
}
