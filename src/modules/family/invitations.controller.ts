import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, PageQuery, UuidParam, type Page } from '../../platform/http/index.js';
import { Limit } from '../../platform/limits/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../platform/security/index.js';
import { AcceptInvitationRequest, CreateInvitationRequest } from './dto/invitation.request.js';
import { InvitationResponse, JoinedResponse, NewInvitationResponse } from './dto/invitation.response.js';
import { InvitationsService } from './invitations.service.js';

@ApiTags('family')
@Controller('family/invitations')
export class InvitationsController {
  constructor(private readonly invitations: InvitationsService) {}

  @Post()
  @RequirePermission('invitation:write')
  @ApiOperation({ summary: 'Invite somebody; the code is shown this once' })
  @ApiCreatedResponse({ type: NewInvitationResponse })
  @ApiProblems(400, 401, 403, 404, 409, 422)
  create(
    @CurrentUser() principal: Principal,
    @Body() request: CreateInvitationRequest,
  ): Promise<NewInvitationResponse> {
    return this.invitations.create(principal, request);
  }

  @Get()
  @RequirePermission('invitation:read')
  @ApiOperation({ summary: 'The invitations of the active family, newest first' })
  @ApiPage(InvitationResponse)
  @ApiProblems(400, 401, 403, 404)
  list(@CurrentUser() principal: Principal, @Query() query: PageQuery): Promise<Page<InvitationResponse>> {
    return this.invitations.list(principal, query);
  }

  @Post('accept')
  @HttpCode(HttpStatus.OK)
  @Limit('invitation')
  @RequirePermission('invitation:accept')
  @ApiOperation({ summary: 'Join a family by a code' })
  @ApiOkResponse({ type: JoinedResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  accept(@CurrentUser() principal: Principal, @Body() { code }: AcceptInvitationRequest): Promise<JoinedResponse> {
    return this.invitations.accept(principal, code);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('invitation:write')
  @ApiOperation({ summary: 'Take an invitation back' })
  @ApiNoContentResponse()
  @ApiProblems(400, 401, 403, 404, 409)
  revoke(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<void> {
    return this.invitations.revoke(principal, id);
  }
}
