import { Controller, Delete, Get, HttpCode, HttpStatus, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, PageQuery, UuidParam, type Page } from '../../platform/http/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../platform/security/index.js';
import { SessionResponse } from './dto/session.response.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('auth')
@Controller('auth/sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get()
  @RequirePermission('session:read')
  @ApiOperation({ summary: 'Your live sessions, newest first' })
  @ApiPage(SessionResponse)
  @ApiProblems(400, 401)
  list(@CurrentUser() principal: Principal, @Query() query: PageQuery): Promise<Page<SessionResponse>> {
    return this.sessions.list(principal, query);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('session:write')
  @ApiOperation({ summary: 'End one of your sessions at once' })
  @ApiNoContentResponse()
  @ApiProblems(400, 401, 404)
  revoke(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<void> {
    return this.sessions.revoke(principal, id);
  }
}
