import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { addressKey } from '../../platform/limits/index.js';
import { ACCESS_COOKIE, cookieOf, REFRESH_COOKIE, SecurityError } from '../../platform/security/index.js';
import type { TokenResponse } from './dto/session.response.js';
import { MeService } from './me.service.js';
import type { Delivery } from './session.entity.js';
import type { Device, Tokens } from './sessions.service.js';

const COOKIE = { httpOnly: true, secure: true, sameSite: 'strict', path: '/' } as const;
const DEVICE_LENGTH = 256;

/** Takes tokens to the client and back: in bodies, or in cookies that scripts cannot read. */
@Injectable()
export class TokenDelivery {
  constructor(private readonly me: MeService) {}

  async deliver(tokens: Tokens, reply: FastifyReply): Promise<TokenResponse> {
    const common = {
      token_type: 'bearer' as const,
      expires_in: tokens.expiresIn,
      user: await this.me.ofToken(tokens.accessToken),
    };
    if (tokens.delivery === 'body') {
      return { access_token: tokens.accessToken, refresh_token: tokens.refreshToken, ...common };
    }
    reply.setCookie(ACCESS_COOKIE, tokens.accessToken, { ...COOKIE, maxAge: tokens.expiresIn });
    reply.setCookie(REFRESH_COOKIE, tokens.refreshToken, { ...COOKIE, maxAge: tokens.refreshExpiresIn });
    return common;
  }

  clear(reply: FastifyReply): void {
    reply.clearCookie(ACCESS_COOKIE, COOKIE);
    reply.clearCookie(REFRESH_COOKIE, COOKIE);
  }

  /** The refresh token of a request, and the way it came. @throws SecurityError when there is none, or one in the body and one in a cookie */
  refreshTokenOf(request: FastifyRequest, inBody: string | undefined): { token: string; way: Delivery } {
    const inCookie = cookieOf(request, REFRESH_COOKIE);
    if (inBody !== undefined && inCookie !== undefined) throw new SecurityError('ambiguous_credentials');
    const token = inBody ?? inCookie;
    if (token === undefined) throw new SecurityError('unauthenticated');
    return { token, way: inBody === undefined ? 'cookie' : 'body' };
  }
}

/** The device of a request, as lists of sessions show it. */
export function deviceOf(request: FastifyRequest): Device {
  const agent = request.headers['user-agent']
    ?.replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, DEVICE_LENGTH)
    .trim();
  return { address: addressKey(request.ip), name: agent === undefined || agent === '' ? null : agent };
}
