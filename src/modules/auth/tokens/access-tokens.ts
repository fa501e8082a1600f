import { Inject, Injectable } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import { AuthConfig } from '../../../platform/config/index.js';
import { KeyRing } from './key-ring.js';

export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly epoch: number;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

const ISSUER = 'family-assistant';
const AUDIENCE = 'family-assistant-api';
const TYPE = 'at+jwt';
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Access tokens: JWT (RFC 7519, RFC 9068), HS256 only. They carry who and which session, never rights. */
@Injectable()
export class AccessTokens {
  /** Life in seconds. */
  readonly ttl: number;

  constructor(
    @Inject(KeyRing) private readonly keys: KeyRing,
    config: AuthConfig,
  ) {
    this.ttl = config.accessTokenTtl;
  }

  sign(userId: string, sessionId: string, epoch: number): string {
    const { id, key } = this.keys.current;
    return jwt.sign({ sid: sessionId, epoch }, key, {
      algorithm: 'HS256',
      header: { alg: 'HS256', kid: id, typ: TYPE },
      issuer: ISSUER,
      audience: AUDIENCE,
      subject: userId,
      expiresIn: this.ttl,
    });
  }

  /** The claims of a valid token; undefined for anything else, whatever is wrong with it. */
  verify(token: string): AccessClaims | undefined {
    try {
      const key = this.keyOf(token);
      if (!key) return undefined;
      const { header, payload } = jwt.verify(token, key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        complete: true,
      });
      // RFC 7515, section 4.1.11: extensions that must be understood, none of which we do; the library does not look.
      if (header.typ !== TYPE || 'crit' in header) return undefined;
      return typeof payload === 'object' ? toClaims(payload) : undefined;
    } catch {
      return undefined;
    }
  }

  private keyOf(token: string): ReturnType<KeyRing['find']> {
    const header = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8')) as {
      kid?: unknown;
    } | null;
    return typeof header?.kid === 'string' ? this.keys.find(header.kid) : undefined;
  }
}

function toClaims({
  sub,
  sid,
  epoch,
  exp,
}: jwt.JwtPayload & { sid?: unknown; epoch?: unknown }): AccessClaims | undefined {
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof epoch !== 'number' || typeof exp !== 'number')
    return undefined;
  return UUID.test(sub) && UUID.test(sid) ? { userId: sub, sessionId: sid, epoch, expiresAt: exp } : undefined;
}
