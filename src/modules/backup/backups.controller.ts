import { Controller, Get, HttpCode, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, PageQuery, UuidParam, type Page } from '../../platform/http/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../platform/security/index.js';
import { BackupsService } from './backups.service.js';
import { BackupResponse, BackupStatusResponse } from './dto/backup.response.js';

@ApiTags('backups')
@Controller('backups')
export class BackupsController {
  constructor(private readonly backups: BackupsService) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('backup:create')
  @ApiOperation({ summary: 'Ask for a backup; it is made and verified in the background, one at a time' })
  @ApiAcceptedResponse({ type: BackupResponse })
  @ApiProblems(401, 403, 409)
  request(@CurrentUser() principal: Principal): Promise<BackupResponse> {
    return this.backups.request(principal);
  }

  @Get()
  @RequirePermission('backup:read')
  @ApiOperation({ summary: 'Backups and tries to make one, newest first' })
  @ApiPage(BackupResponse)
  @ApiProblems(400, 401, 403)
  list(@Query() query: PageQuery): Promise<Page<BackupResponse>> {
    return this.backups.list(query);
  }

  @Get('status')
  @RequirePermission('backup:read')
  @ApiOperation({ summary: 'How the backups stand: the newest, the newest that was proved, what is wrong' })
  @ApiOkResponse({ type: BackupStatusResponse })
  @ApiProblems(401, 403)
  status(): Promise<BackupStatusResponse> {
    return this.backups.status();
  }

  @Get(':id')
  @RequirePermission('backup:read')
  @ApiOperation({ summary: 'One backup' })
  @ApiOkResponse({ type: BackupResponse })
  @ApiProblems(400, 401, 403, 404)
  get(@UuidParam('id') id: string): Promise<BackupResponse> {
    return this.backups.get(id);
  }

  @Post(':id/verify')
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('backup:create')
  @ApiOperation({ summary: 'Verify a backup by restoring it into a scratch database, in the background' })
  @ApiAcceptedResponse({ type: BackupResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  verify(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<BackupResponse> {
    return this.backups.verify(principal, id);
  }
}
