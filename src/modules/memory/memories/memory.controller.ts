import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AcceptLargeBody,
  ApiPage,
  ApiProblems,
  IdempotencyKey,
  UuidParam,
  type Page,
} from '../../../platform/http/index.js';
import { Limit } from '../../../platform/limits/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { MemoriesQuery, TimeQuery } from '../dto/memory.query.js';
import {
  ContestRequest,
  CreateMemoriesRequest,
  CreateMemoryRequest,
  ShareRequest,
  UpdateMemoryRequest,
} from '../dto/memory.request.js';
import { HistoryResponse, MemoryResponse, RememberedManyResponse, RememberedResponse } from '../dto/memory.response.js';
import { MemoryChangesService } from './memory-changes.service.js';
import { MemoryReadingService } from './memory-reading.service.js';
import { MemoryService } from './memory.service.js';

@ApiTags('memory')
@Controller('memories')
export class MemoryController {
  constructor(
    private readonly memories: MemoryService,
    private readonly reading: MemoryReadingService,
    private readonly changes: MemoryChangesService,
  ) {}

  @Post()
  @RequirePermission('memory:write')
  @Limit('memory_create')
  @ApiOperation({ summary: 'Remember something; `effects` tells what became of what was known before' })
  @ApiCreatedResponse({ type: RememberedResponse })
  @ApiProblems(400, 401, 403, 404, 409, 422)
  create(
    @CurrentUser() principal: Principal,
    @Body() request: CreateMemoryRequest,
    @IdempotencyKey() key: string | undefined,
  ): Promise<RememberedResponse> {
    return this.memories.create(principal, request, key);
  }

  @Post('batch')
  @AcceptLargeBody()
  @RequirePermission('memory:write')
  @Limit('memory_create')
  @ApiOperation({ summary: 'Remember up to 500 things, all or none' })
  @ApiCreatedResponse({ type: RememberedManyResponse })
  @ApiProblems(400, 401, 403, 404, 409, 413, 422)
  createMany(
    @CurrentUser() principal: Principal,
    @Body() { memories }: CreateMemoriesRequest,
    @IdempotencyKey() key: string | undefined,
  ): Promise<RememberedManyResponse> {
    return this.memories.createMany(principal, memories, key);
  }

  @Get()
  @RequirePermission('memory:read')
  @ApiOperation({ summary: 'Memories that you may see, newest first' })
  @ApiPage(MemoryResponse)
  @ApiProblems(400, 401, 403, 404)
  list(@CurrentUser() principal: Principal, @Query() query: MemoriesQuery): Promise<Page<MemoryResponse>> {
    return this.reading.list(principal, query);
  }

  @Get(':id')
  @RequirePermission('memory:read')
  @ApiOperation({ summary: 'One memory, as it is known now or was known at a time' })
  @ApiOkResponse({ type: MemoryResponse })
  @ApiProblems(400, 401, 403, 404)
  get(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Query() query: TimeQuery,
  ): Promise<MemoryResponse> {
    return this.reading.get(principal, id, query);
  }

  @Get(':id/history')
  @RequirePermission('memory:read')
  @ApiOperation({ summary: 'Everything that was done to a memory and all its versions, newest first' })
  @ApiOkResponse({ type: HistoryResponse })
  @ApiProblems(400, 401, 403, 404)
  history(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<HistoryResponse> {
    return this.reading.history(principal, id);
  }

  @Patch(':id')
  @RequirePermission('memory:write')
  @ApiOperation({ summary: 'Correct a memory: makes a new version' })
  @ApiOkResponse({ type: RememberedResponse })
  @ApiProblems(400, 401, 403, 404, 409, 422)
  update(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Body() changes: UpdateMemoryRequest,
  ): Promise<RememberedResponse> {
    return this.changes.update(principal, id, changes);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('memory:write')
  @ApiOperation({ summary: 'Erase a memory with its history, for good' })
  @ApiNoContentResponse()
  @ApiProblems(400, 401, 403, 404)
  delete(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<void> {
    return this.changes.delete(principal, id);
  }

  @Post(':id/undo')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('memory:write')
  @ApiOperation({ summary: 'Take back the last step, automatic or by hand' })
  @ApiOkResponse({ type: MemoryResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  undo(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<MemoryResponse> {
    return this.changes.undo(principal, id);
  }

  @Post(':id/share')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('memory:write')
  @ApiOperation({ summary: 'Show it to the family, or to an audience' })
  @ApiOkResponse({ type: MemoryResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  share(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Body() request: ShareRequest,
  ): Promise<MemoryResponse> {
    return this.changes.share(principal, id, request);
  }

  @Post(':id/unshare')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('memory:write')
  @ApiOperation({ summary: 'Make it private again' })
  @ApiOkResponse({ type: MemoryResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  unshare(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<MemoryResponse> {
    return this.changes.unshare(principal, id);
  }

  @Post(':id/contest')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('memory:write')
  @ApiOperation({ summary: 'Say that it is not so: it stays, marked as contested' })
  @ApiOkResponse({ type: MemoryResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  contest(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Body() request: ContestRequest,
  ): Promise<MemoryResponse> {
    return this.changes.contest(principal, id, request);
  }
}
