import { Controller, Get, Header, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, type Page } from '../../platform/http/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../platform/security/index.js';
import { AuditService } from './audit.service.js';
import { AuditExportQuery, AuditQuery, MyAuditQuery } from './dto/audit.query.js';
import { AuditEventResponse } from './dto/audit.response.js';

@ApiTags('audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'What was done on this server, newest first' })
  @ApiPage(AuditEventResponse)
  @ApiProblems(400, 401, 403)
  list(@CurrentUser() principal: Principal, @Query() query: AuditQuery): Promise<Page<AuditEventResponse>> {
    return this.audit.list(principal, query);
  }

  @Get('me')
  @RequirePermission('account:read')
  @ApiOperation({ summary: 'What you did, and what others did with your account and your data, newest first' })
  @ApiPage(AuditEventResponse)
  @ApiProblems(400, 401)
  mine(@CurrentUser() principal: Principal, @Query() query: MyAuditQuery): Promise<Page<AuditEventResponse>> {
    return this.audit.mine(principal, query);
  }

  @Get('export')
  @RequirePermission('audit:read')
  @Header('content-disposition', 'attachment; filename="audit.csv"')
  @ApiOperation({ summary: 'The whole log, or what it is narrowed to, as CSV' })
  @ApiOkResponse({ content: { 'text/csv': { schema: { type: 'string' } } } })
  @ApiProblems(400, 401, 403)
  async export(@CurrentUser() principal: Principal, @Query() query: AuditExportQuery): Promise<StreamableFile> {
    return new StreamableFile(await this.audit.export(principal, query), { type: 'text/csv; charset=utf-8' });
  }
}
