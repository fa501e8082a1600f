import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, IdempotencyKey, PageQuery, UuidParam, type Page } from '../../../platform/http/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { CreateSilenceRequest } from '../dto/silence.request.js';
import { SilenceResponse } from '../dto/silence.response.js';
import { SilencesService } from './silences.service.js';

@ApiTags('alerts')
@Controller('alerts/silences')
export class SilencesController {
  constructor(private readonly silences: SilencesService) {}

  @Get()
  @RequirePermission('alert:read')
  @ApiOperation({ summary: 'Silences, those that have ended as well, newest first' })
  @ApiPage(SilenceResponse)
  @ApiProblems(400, 401, 403)
  list(@Query() query: PageQuery): Promise<Page<SilenceResponse>> {
    return this.silences.list(query);
  }

  @Post()
  @RequirePermission('alert:write')
  @ApiOperation({ summary: 'Have nobody told of some alerts for a while' })
  @ApiCreatedResponse({ type: SilenceResponse })
  @ApiProblems(400, 401, 403, 409, 422)
  create(
    @CurrentUser() principal: Principal,
    @Body() request: CreateSilenceRequest,
    @IdempotencyKey() key: string | undefined,
  ): Promise<SilenceResponse> {
    return this.silences.create(principal, request, key);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('alert:write')
  @ApiOperation({ summary: 'End a silence; one that has ended stays as it is' })
  @ApiNoContentResponse()
  @ApiProblems(400, 401, 403, 404)
  expire(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<void> {
    return this.silences.expire(principal, id);
  }
}
