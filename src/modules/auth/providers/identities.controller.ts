import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Post, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems, UuidParam } from '../../../platform/http/index.js';
import { Limit } from '../../../platform/limits/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { IdentitiesResponse } from './dto/identity.response.js';
import { LinkRequest } from './dto/provider.request.js';
import { LinkResponse } from './dto/provider.response.js';
import { IdentitiesService } from './identities.service.js';
import { ProvidersFlow } from './providers.flow.js';

@ApiTags('auth')
@Controller('auth/identities')
export class IdentitiesController {
  constructor(
    private readonly identities: IdentitiesService,
    private readonly flow: ProvidersFlow,
  ) {}

  @Get()
  @RequirePermission('account:read')
  @ApiOperation({ summary: 'The accounts of providers that sign in to yours' })
  @ApiOkResponse({ type: IdentitiesResponse })
  @ApiProblems(401, 403)
  list(@CurrentUser() principal: Principal): Promise<IdentitiesResponse> {
    return this.identities.list(principal);
  }

  @Post()
  @HttpCode(HttpStatus.OK)
  @RequirePermission('identity:write')
  @Limit('login')
  @ApiOperation({ summary: 'Begin to link an account of a provider; within 15 minutes of a sign-in' })
  @ApiOkResponse({ type: LinkResponse })
  @ApiProblems(400, 401, 403, 404)
  link(
    @CurrentUser() principal: Principal,
    @Body() request: LinkRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LinkResponse> {
    return this.flow.link(principal, request, reply);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('identity:write')
  @ApiOperation({ summary: 'Unlink one, unless it is the last way in; within 15 minutes of a sign-in' })
  @ApiNoContentResponse()
  @ApiProblems(400, 401, 403, 404, 409)
  remove(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<void> {
    return this.identities.remove(principal, id);
  }
}
