import { Body, Controller, HttpCode, HttpStatus, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems } from '../../../platform/http/index.js';
import { Limit } from '../../../platform/limits/index.js';
import { CurrentUser, Public, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { TokenResponse } from '../dto/session.response.js';
import { IdentityResponse } from '../providers/dto/identity.response.js';
import { TelegramFlow } from './telegram.flow.js';
import { TelegramLoginRequest, TelegramProofRequest } from './telegram.request.js';

@ApiTags('auth')
@Controller('auth')
export class TelegramController {
  constructor(private readonly flow: TelegramFlow) {}

  @Post('telegram')
  @HttpCode(HttpStatus.OK)
  @Public()
  @Limit('login')
  @ApiOperation({ summary: 'Sign in by what Telegram has signed: data of the login widget or of a Mini App' })
  @ApiOkResponse({ type: TokenResponse })
  @ApiProblems(400, 401, 403, 404)
  signIn(
    @Body() body: TelegramLoginRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.flow.signIn(body, request, reply);
  }

  @Post('identities/telegram')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('identity:write')
  @Limit('login')
  @ApiOperation({ summary: 'Link your Telegram account by what Telegram has signed; within 15 minutes of a sign-in' })
  @ApiOkResponse({ type: IdentityResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  link(@CurrentUser() principal: Principal, @Body() body: TelegramProofRequest): Promise<IdentityResponse> {
    return this.flow.link(principal, body);
  }
}
