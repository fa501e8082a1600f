import { Controller, Get, Header, HttpCode, HttpStatus, Post, StreamableFile } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems, UuidParam } from '../../platform/http/index.js';
import { Limit } from '../../platform/limits/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../platform/security/index.js';
import { ExportResponse } from './dto/export.response.js';
import { ExportsService } from './exports.service.js';

@ApiTags('privacy')
@Controller()
export class ExportsController {
  constructor(private readonly exports: ExportsService) {}

  @Post('users/me/export')
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('account:export')
  @Limit('export')
  @ApiOperation({ summary: 'Ask for a copy of all your data; it is made in the background, one at a time' })
  @ApiAcceptedResponse({ type: ExportResponse })
  @ApiProblems(401, 403, 409)
  request(@CurrentUser() principal: Principal): Promise<ExportResponse> {
    return this.exports.request(principal);
  }

  @Post('family/members/:id/export')
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('member:export')
  @Limit('export')
  @ApiOperation({ summary: 'Ask for a copy of the data of a child whose account lives on devices; you fetch it' })
  @ApiAcceptedResponse({ type: ExportResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  requestForMember(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<ExportResponse> {
    return this.exports.requestForMember(principal, id);
  }

  @Get('users/me/exports/:id')
  @RequirePermission('account:export')
  @Header('content-disposition', 'attachment; filename="family-assistant-data.zip"')
  @ApiOperation({ summary: 'The copy that you asked for, a zip of JSON and a page to be read; for a day' })
  @ApiOkResponse({ content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } } })
  @ApiProblems(400, 401, 403, 404, 409)
  async fetch(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<StreamableFile> {
    const { stream, size } = await this.exports.fetch(principal, id);
    return new StreamableFile(stream, { type: 'application/zip', length: size });
  }
}
