import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, PageQuery, UuidParam, type Page } from '../../../platform/http/index.js';
import { Limit } from '../../../platform/limits/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { ApiKeysService } from './api-keys.service.js';
import { CreateApiKeyRequest } from './dto/api-key.request.js';
import { ApiKeyResponse, NewApiKeyResponse } from './dto/api-key.response.js';

@ApiTags('api-keys')
@Controller('api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Post()
  @RequirePermission('api_key:create')
  @Limit('api_key_create')
  @ApiOperation({
    summary: 'Make a key for a program that acts for you in the active family; the secret is shown this once',
  })
  @ApiCreatedResponse({ type: NewApiKeyResponse })
  @ApiProblems(400, 401, 403, 409)
  create(@CurrentUser() principal: Principal, @Body() request: CreateApiKeyRequest): Promise<NewApiKeyResponse> {
    return this.keys.create(principal, request);
  }

  @Get()
  @RequirePermission('api_key:read')
  @ApiOperation({ summary: 'Your keys, newest first' })
  @ApiPage(ApiKeyResponse)
  @ApiProblems(400, 401)
  list(@CurrentUser() principal: Principal, @Query() query: PageQuery): Promise<Page<ApiKeyResponse>> {
    return this.keys.list(principal, query);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('api_key:revoke')
  @ApiOperation({ summary: 'End one of your keys at once' })
  @ApiNoContentResponse()
  @ApiProblems(400, 401, 404)
  revoke(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<void> {
    return this.keys.revoke(principal, id);
  }
}
