import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fieldError } from '../../platform/http/index.js';
import type { Principal } from '../../platform/security/index.js';
import { AuthError } from './auth.errors.js';
import type { ChangePasswordRequest, LoginRequest, TokenRequest } from './dto/login.request.js';
import type { TokenResponse } from './dto/session.response.js';
import { LoginService } from './login.service.js';
import { PasswordService } from './password/password.service.js';
import { SessionsService } from './sessions.service.js';
import { signInNameOf } from './sign-in-name.js';
import { deviceOf, TokenDelivery } from './token-delivery.js';

/** Between the controller and the services: turns requests into sign-ins and tokens into answers. Knows HTTP. */
@Injectable()
export class AuthFlow {
  constructor(
    private readonly logins: LoginService,
    private readonly passwords: PasswordService,
    private readonly sessions: SessionsService,
    private readonly delivery: TokenDelivery,
  ) {}

  async login(body: LoginRequest, request: FastifyRequest, reply: FastifyReply): Promise<TokenResponse> {
    const { password, remember_me: rememberMe = false, delivery = 'body' } = body;
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
    // A foreign page can send a form; it must not be able to sign a browser in.
    if (isForm && delivery === 'cookie') throw fieldError('delivery', 'cookies are set for JSON requests only');
    const login = { name: signInNameOf(body), password, rememberMe, delivery };
    return this.delivery.deliver(await this.logins.login(login, deviceOf(request)), reply);
  }

  async token(body: TokenRequest, request: FastifyRequest, reply: FastifyReply): Promise<TokenResponse> {
    const { grant_type, username, password, refresh_token } = body;
    if (grant_type === 'refresh_token') {
      if (!refresh_token) throw fieldError('refresh_token', 'refresh_token is needed for this grant_type');
      return this.delivery.deliver(await this.sessions.refresh(refresh_token, 'body', deviceOf(request)), reply);
    }
    if (grant_type !== 'password')
      throw new AuthError('unsupported_grant_type', {
        errors: [{ field: 'grant_type', messages: ['must be password or refresh_token'] }],
      });
    if (!username || !password) throw fieldError(username ? 'password' : 'username', 'is needed for this grant_type');
    const login = { name: signInNameOf({ username }), password, rememberMe: false, delivery: 'body' as const };
    return this.delivery.deliver(await this.logins.login(login, deviceOf(request)), reply);
  }

  async refresh(inBody: string | undefined, request: FastifyRequest, reply: FastifyReply): Promise<TokenResponse> {
    const { token, way } = this.delivery.refreshTokenOf(request, inBody);
    return this.delivery.deliver(await this.sessions.refresh(token, way, deviceOf(request)), reply);
  }

  async logout(principal: Principal, reply: FastifyReply): Promise<void> {
    await this.sessions.logout(principal);
    this.delivery.clear(reply);
  }

  async logoutAll(principal: Principal, reply: FastifyReply): Promise<void> {
    await this.sessions.logoutAll(principal);
    this.delivery.clear(reply);
  }

  changePassword(
    principal: Principal,
    { current_password, new_password }: ChangePasswordRequest,
    request: FastifyRequest,
  ): Promise<void> {
    return this.passwords.change(principal, current_password, new_password, deviceOf(request));
  }
}
