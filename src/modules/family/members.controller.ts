import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, PageQuery, UuidParam, type Page } from '../../platform/http/index.js';
import {
  CurrentUser,
  RememberedSession,
  RequireAnyPermission,
  RequirePermission,
  type Principal,
} from '../../platform/security/index.js';
import { CreateMemberRequest, UpdateMemberRequest } from './dto/member.request.js';
import { MemberResponse } from './dto/member.response.js';
import { MembersService } from './members.service.js';

@ApiTags('family')
@Controller('family/members')
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Get()
  @RequirePermission('member:read')
  @RememberedSession()
  @ApiOperation({ summary: 'The members of the active family, in the order of joining' })
  @ApiPage(MemberResponse)
  @ApiProblems(400, 401, 403)
  list(@CurrentUser() principal: Principal, @Query() query: PageQuery): Promise<Page<MemberResponse>> {
    return this.members.list(principal, query);
  }

  @Post()
  @RequirePermission('member:write')
  @ApiOperation({ summary: 'Add a member, who need not have an account' })
  @ApiCreatedResponse({ type: MemberResponse })
  @ApiProblems(400, 401, 403, 404, 409, 422)
  create(@CurrentUser() principal: Principal, @Body() request: CreateMemberRequest): Promise<MemberResponse> {
    return this.members.create(principal, request);
  }

  @Get(':id')
  @RequirePermission('member:read')
  @ApiOperation({ summary: 'One member' })
  @ApiOkResponse({ type: MemberResponse })
  @ApiProblems(400, 401, 403, 404)
  get(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<MemberResponse> {
    return this.members.get(principal, id);
  }

  @Put(':id')
  @RequirePermission('member:write')
  @ApiOperation({ summary: 'Replace a member; fields left out get their defaults' })
  @ApiOkResponse({ type: MemberResponse })
  @ApiProblems(400, 401, 403, 404, 409, 422)
  replace(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Body() request: CreateMemberRequest,
  ): Promise<MemberResponse> {
    return this.members.replace(principal, id, request);
  }

  @Patch(':id')
  @RequireAnyPermission('member:write', 'member:write_own')
  @ApiOperation({
    summary: 'Change a member; of themselves, teenagers and grandparents may change names, language and skills',
  })
  @ApiOkResponse({ type: MemberResponse })
  @ApiProblems(400, 401, 403, 404, 409, 422)
  update(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Body() changes: UpdateMemberRequest,
  ): Promise<MemberResponse> {
    return this.members.update(principal, id, changes);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequireAnyPermission('member:write', 'family:leave')
  @ApiOperation({ summary: 'Take a member out of the family; with your own id: leave it' })
  @ApiNoContentResponse()
  @ApiProblems(400, 401, 403, 404, 409)
  remove(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<void> {
    return this.members.remove(principal, id);
  }
}
