import { Body, Controller, Get, HttpCode, HttpStatus, Post, Req, Res } from '@nestjs/common';
import {
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AcceptForm, ApiProblems, UuidParam } from '../../platform/http/index.js';
import { Limit } from '../../platform/limits/index.js';
import {
  CurrentUser,
  Public,
  RefreshCookie,
  RequirePermission,
  type Principal,
} from '../../platform/security/index.js';
import { AccountResponse } from './dto/account.response.js';
import { AuthFlow } from './auth.flow.js';
import { ChangePasswordRequest, LoginRequest, RefreshRequest, TokenRequest } from './dto/login.request.js';
import { MeResponse } from './dto/me.response.js';
import { RegisterRequest } from './dto/register.request.js';
import { SwitchedFamilyResponse, TokenResponse } from './dto/session.response.js';
import { MeService } from './me.service.js';
import { RegistrationService } from './registration.service.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly flow: AuthFlow,
    private readonly registration: RegistrationService,
    private readonly sessions: SessionsService,
    private readonly meService: MeService,
  ) {}

  @Post('register')
  @Public()
  @Limit('register')
  @ApiOperation({
    summary: 'Make an account. The first one of a server becomes its admin and the parent of a new family',
  })
  @ApiCreatedResponse({ type: AccountResponse })
  @ApiProblems(400, 403, 404, 409)
  register(@Body() request: RegisterRequest): Promise<AccountResponse> {
    return this.registration.register(request);
  }

  @Post('login')
  @HttpCode(HttpStatus.OK)
  @Public()
  @AcceptForm()
  @Limit('login')
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiOperation({ summary: 'Sign in by email, username or telegram id and the password; JSON or an OAuth2 form' })
  @ApiOkResponse({ type: TokenResponse })
  @ApiProblems(400, 401, 403)
  login(
    @Body() body: LoginRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.flow.login(body, request, reply);
  }

  @Post('token')
  @HttpCode(HttpStatus.OK)
  @Public()
  @AcceptForm()
  @Limit('login')
  @ApiConsumes('application/x-www-form-urlencoded', 'application/json')
  @ApiOperation({ summary: 'Token endpoint of OAuth2, for its clients and for "Authorize" on this page' })
  @ApiOkResponse({ type: TokenResponse })
  @ApiProblems(400, 401, 403)
  token(
    @Body() body: TokenRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.flow.token(body, request, reply);
  }

  @Post('refresh')
  @HttpCode(HttpStatus.OK)
  @Public()
  @RefreshCookie()
  @Limit('refresh')
  @ApiOperation({ summary: 'New tokens for a refresh token, from the body or the cookie; each is good once' })
  @ApiOkResponse({ type: TokenResponse })
  @ApiProblems(400, 401, 403)
  refresh(
    @Body() body: RefreshRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.flow.refresh(body.refresh_token, request, reply);
  }

  @Post('logout')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('session:write')
  @ApiOperation({ summary: 'End this session at once' })
  @ApiNoContentResponse()
  @ApiProblems(401)
  logout(@CurrentUser() principal: Principal, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    return this.flow.logout(principal, reply);
  }

  @Post('logout-all')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('session:write')
  @ApiOperation({ summary: 'End all your sessions at once' })
  @ApiNoContentResponse()
  @ApiProblems(401)
  logoutAll(@CurrentUser() principal: Principal, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    return this.flow.logoutAll(principal, reply);
  }

  @Get('me')
  @RequirePermission('account:read')
  @ApiOperation({ summary: 'Who is signed in, in which family, with which rights' })
  @ApiOkResponse({ type: MeResponse })
  @ApiProblems(401)
  me(@CurrentUser() principal: Principal): Promise<MeResponse> {
    return this.meService.me(principal);
  }

  @Post('family/:id')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('session:write')
  @ApiOperation({ summary: 'Let this session act in another of your families' })
  @ApiOkResponse({ type: SwitchedFamilyResponse })
  @ApiProblems(400, 401, 404)
  switchFamily(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<SwitchedFamilyResponse> {
    return this.sessions.switchFamily(principal, id);
  }

  @Post('password/change')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('credential:write')
  @Limit('login')
  @ApiOperation({ summary: 'Set a new password; all your other sessions end' })
  @ApiNoContentResponse()
  @ApiProblems(400, 401)
  changePassword(
    @CurrentUser() principal: Principal,
    @Body() body: ChangePasswordRequest,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    return this.flow.changePassword(principal, body, request);
  }
}
