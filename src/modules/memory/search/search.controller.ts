import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../../platform/http/index.js';
import { Limit } from '../../../platform/limits/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { SearchRequest } from '../dto/search.request.js';
import { SearchResponse } from '../dto/search.response.js';
import { SearchService } from './search.service.js';

@ApiTags('memory')
@Controller('memories/search')
export class SearchController {
  constructor(private readonly searching: SearchService) {}

  @Post()
  @HttpCode(HttpStatus.OK)
  @RequirePermission('memory:read')
  @Limit('memory_search')
  @ApiOperation({ summary: 'Find memories and turns by what they say, whom they are about and when it was' })
  @ApiOkResponse({ type: SearchResponse })
  @ApiProblems(400, 401, 403, 404)
  search(@CurrentUser() principal: Principal, @Body() request: SearchRequest): Promise<SearchResponse> {
    return this.searching.search(principal, request);
  }
}
