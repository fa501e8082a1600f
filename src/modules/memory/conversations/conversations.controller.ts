import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AcceptLargeBody,
  ApiPage,
  ApiProblems,
  IdempotencyKey,
  PageQuery,
  UuidParam,
  type Page,
} from '../../../platform/http/index.js';
import { Limit } from '../../../platform/limits/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { ConversationsService } from './conversations.service.js';
import {
  CreateConversationRequest,
  CreateTurnsRequest,
  TurnsQuery,
  UpdateConversationRequest,
} from '../dto/conversation.request.js';
import { ConversationResponse, TurnResponse, TurnsResponse } from '../dto/conversation.response.js';
import { TurnsService } from './turns.service.js';

@ApiTags('memory')
@Controller('conversations')
export class ConversationsController {
  constructor(
    private readonly conversations: ConversationsService,
    private readonly turns: TurnsService,
  ) {}

  @Post()
  @RequirePermission('memory:write')
  @ApiOperation({ summary: 'Begin a conversation' })
  @ApiCreatedResponse({ type: ConversationResponse })
  @ApiProblems(400, 401, 403, 404)
  create(
    @CurrentUser() principal: Principal,
    @Body() request: CreateConversationRequest,
  ): Promise<ConversationResponse> {
    return this.conversations.create(principal, request);
  }

  @Get()
  @RequirePermission('memory:read')
  @ApiOperation({ summary: 'Conversations that you may see, newest first' })
  @ApiPage(ConversationResponse)
  @ApiProblems(400, 401, 403, 404)
  list(@CurrentUser() principal: Principal, @Query() query: PageQuery): Promise<Page<ConversationResponse>> {
    return this.conversations.list(principal, query);
  }

  @Get(':id')
  @RequirePermission('memory:read')
  @ApiOperation({ summary: 'One conversation' })
  @ApiOkResponse({ type: ConversationResponse })
  @ApiProblems(400, 401, 403, 404)
  get(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<ConversationResponse> {
    return this.conversations.get(principal, id);
  }

  @Patch(':id')
  @RequirePermission('memory:write')
  @ApiOperation({ summary: 'Change the title, who sees it, or whether facts are read from it' })
  @ApiOkResponse({ type: ConversationResponse })
  @ApiProblems(400, 401, 403, 404)
  update(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Body() changes: UpdateConversationRequest,
  ): Promise<ConversationResponse> {
    return this.conversations.update(principal, id, changes);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('memory:write')
  @ApiOperation({ summary: 'Erase a conversation with all its turns, for good' })
  @ApiNoContentResponse()
  @ApiProblems(400, 401, 403, 404)
  delete(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<void> {
    return this.conversations.delete(principal, id);
  }

  @Post(':id/turns')
  @AcceptLargeBody()
  @RequirePermission('memory:write')
  @Limit('turn_create')
  @ApiOperation({ summary: 'Add up to 500 turns, all or none; they are numbered without gaps' })
  @ApiCreatedResponse({ type: TurnsResponse })
  @ApiProblems(400, 401, 403, 404, 413, 422)
  addTurns(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Body() { turns }: CreateTurnsRequest,
    @IdempotencyKey() key: string | undefined,
  ): Promise<TurnsResponse> {
    return this.turns.add(principal, id, turns, key);
  }

  @Get(':id/turns')
  @RequirePermission('memory:read')
  @ApiOperation({ summary: 'What was said, in the order of the numbers' })
  @ApiPage(TurnResponse)
  @ApiProblems(400, 401, 403, 404)
  listTurns(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Query() query: TurnsQuery,
  ): Promise<Page<TurnResponse>> {
    return this.turns.list(principal, id, query);
  }
}
