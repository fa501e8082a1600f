import { Body, Controller, Get, Patch, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, UuidParam, type Page } from '../../platform/http/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../platform/security/index.js';
import { ListUsersQuery } from './dto/list-users.request.js';
import { UpdateAccountRequest, UpdateUserRequest } from './dto/update-user.request.js';
import { UserResponse } from './dto/user.response.js';
import { UsersService } from './users.service.js';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('me')
  @RequirePermission('account:read')
  @ApiOperation({ summary: 'Your account' })
  @ApiOkResponse({ type: UserResponse })
  @ApiProblems(401)
  me(@CurrentUser() principal: Principal): Promise<UserResponse> {
    return this.users.me(principal);
  }

  @Patch('me')
  @RequirePermission('account:write')
  @ApiOperation({ summary: 'Change your account' })
  @ApiOkResponse({ type: UserResponse })
  @ApiProblems(400, 401, 403, 409)
  updateMe(@CurrentUser() principal: Principal, @Body() changes: UpdateAccountRequest): Promise<UserResponse> {
    return this.users.updateMe(principal, changes);
  }

  @Get()
  @RequirePermission('user:read')
  @ApiOperation({ summary: 'All accounts of the server, newest first' })
  @ApiPage(UserResponse)
  @ApiProblems(400, 401, 403)
  list(@CurrentUser() principal: Principal, @Query() query: ListUsersQuery): Promise<Page<UserResponse>> {
    return this.users.list(principal, query);
  }

  @Get(':id')
  @RequirePermission('user:read')
  @ApiOperation({ summary: 'One account' })
  @ApiOkResponse({ type: UserResponse })
  @ApiProblems(400, 401, 403, 404)
  get(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<UserResponse> {
    return this.users.get(principal, id);
  }

  @Patch(':id')
  @RequirePermission('user:write')
  @ApiOperation({ summary: 'Change, disable or enable an account' })
  @ApiOkResponse({ type: UserResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  update(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Body() changes: UpdateUserRequest,
  ): Promise<UserResponse> {
    return this.users.update(principal, id, changes);
  }
}
