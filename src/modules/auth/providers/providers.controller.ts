import { Controller, Get, HttpCode, HttpStatus, Param, Query, Req, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems } from '../../../platform/http/index.js';
import { Limit } from '../../../platform/limits/index.js';
import { Public } from '../../../platform/security/index.js';
import { TokenResponse } from '../dto/session.response.js';
import { IdentityResponse } from './dto/identity.response.js';
import { ProviderLoginQuery } from './dto/provider.request.js';
import { ProvidersResponse } from './dto/provider.response.js';
import { ProvidersFlow } from './providers.flow.js';

@ApiTags('auth')
@ApiExtraModels(TokenResponse, IdentityResponse)
@Controller('auth')
export class ProvidersController {
  constructor(private readonly flow: ProvidersFlow) {}

  @Get('providers')
  @Public()
  @ApiOperation({ summary: 'The providers by which one can sign in to this server' })
  @ApiOkResponse({ type: ProvidersResponse })
  @ApiProblems(400)
  list(): ProvidersResponse {
    return this.flow.list();
  }

  @Get('login/:provider')
  @HttpCode(HttpStatus.FOUND)
  @Public()
  @Limit('login')
  @ApiOperation({ summary: 'Send a browser to a provider to sign in' })
  @ApiParam({ name: 'provider', example: 'google' })
  @ApiFoundResponse({ description: 'To the page of the provider' })
  @ApiProblems(400, 404)
  login(
    @Param('provider') provider: string,
    @Query() query: ProviderLoginQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    return this.flow.begin(provider, query, reply);
  }

  @Get('callback/:provider')
  @Public()
  @Limit('login')
  @ApiOperation({ summary: 'Where a provider sends the browser back to; signs in or links' })
  @ApiParam({ name: 'provider', example: 'google' })
  @ApiQuery({ name: 'state', required: false })
  @ApiQuery({ name: 'code', required: false })
  @ApiQuery({ name: 'iss', required: false, description: 'RFC 9207' })
  @ApiQuery({ name: 'error', required: false })
  @ApiOkResponse({
    schema: { oneOf: [{ $ref: getSchemaPath(TokenResponse) }, { $ref: getSchemaPath(IdentityResponse) }] },
  })
  @ApiResponse({ status: 303, description: 'To the page that was asked for by `return_to`' })
  @ApiProblems(400, 401, 403, 404, 409)
  callback(
    @Param('provider') provider: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse | IdentityResponse | undefined> {
    return this.flow.complete(provider, query, request, reply);
  }
}
