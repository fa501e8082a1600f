import { Injectable, Logger } from '@nestjs/common';
import { AuditTrail, by, type AuditEvent } from '../../platform/audit/index.js';
import { AuthConfig, LimitsConfig } from '../../platform/config/index.js';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import { decodeCursor, toPage, type Page, type PageQuery } from '../../platform/http/index.js';
import { uuidv7 } from '../../platform/ids.js';
import type { Principal } from '../../platform/security/index.js';
import { FamilyService } from '../family/index.js';
import { AccountsService, canAuthenticate } from '../users/index.js';
import { AuthError } from './auth.errors.js';
import { decideRefresh, sessionEnd } from './auth.policy.js';
import { toSessionResponse, type SessionResponse } from './dto/session.response.js';
import { AccountMailService } from './mail/account-mail.service.js';
import type { RefreshToken } from './refresh-token.entity.js';
import type { Delivery, Session } from './session.entity.js';
import { SessionsRepository } from './sessions.repository.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { hashRefreshToken, newRefreshToken, newSuccessorSalt, successorOf } from './tokens/refresh-tokens.js';

/** Where a sign-in comes from. */
export interface Device {
  readonly address: string;
  readonly name: string | null;
}

/** The tokens of a session, and how they travel. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Seconds the refresh token lives. */
  readonly refreshExpiresIn: number;
  readonly delivery: Delivery;
  readonly userId: string;
  readonly sessionId: string;
}

/** Milliseconds for which replaced refresh tokens are known, so that a use of one ends the session: 30 days. Later they are only refused. */
const LINK_MEMORY = 30 * 86_400_000;

/** The life of sessions: begun, continued, listed, ended. */
@Injectable()
export class SessionsService {
  private readonly logger = new Logger(SessionsService.name);

  constructor(
    private readonly runner: TransactionRunner,
    private readonly sessions: SessionsRepository,
    private readonly accounts: AccountsService,
    private readonly families: FamilyService,
    private readonly tokens: AccessTokens,
    private readonly trail: AuditTrail,
    private readonly mails: AccountMailService,
    private readonly config: AuthConfig,
    private readonly limits: LimitsConfig,
  ) {}

  /**
   * Begins a session for an account whose right to sign in has been checked. Where there are too many it takes the place of
   * the one that was unused for longest.
   */
  async begin(
    tx: Transaction,
    user: { id: string; epoch: number },
    device: Device,
    { rememberMe, delivery }: { rememberMe: boolean; delivery: Delivery },
  ): Promise<Tokens> {
    const now = new Date();
    const refreshToken = newRefreshToken();
    const session: Session = {
      id: uuidv7(),
      userId: user.id,
      familyId: null,
      delivery,
      rememberMe,
      device: device.name,
      address: device.address,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: sessionEnd({ createdAt: now, rememberMe }, now, this.config),
      revokedAt: null,
      revokedReason: null,
    };
    await this.accounts.lockWaysIn(tx, user.id);
    await this.sessions.insert(tx, session, newLink(session.id, refreshToken, now));
    await this.sessions.revokeBeyond(tx, user.id, this.limits.sessionsPerUser);
    return this.issue(session, user.epoch, refreshToken, now);
  }

  /**
   * Gives the next tokens of a session. See `decideRefresh`. A token comes back the way it was given: whoever puts the one
   * of a cookie into a body would have cookies set in the browser of somebody who never signed in (login CSRF).
   * @throws AuthError `invalid_refresh_token`, `refresh_token_reused` (the session has then ended), `account_disabled`
   */
  async refresh(token: string, way: Delivery, device: Device): Promise<Tokens> {
    const outcome = await this.runner.runAsIdentity((tx) => this.continue(tx, token, way, device));
    // Thrown outside of the transaction, which must keep the revocation.
    if (outcome instanceof AuthError) throw outcome;
    return outcome;
  }

  async list(principal: Principal, { limit, cursor }: PageQuery): Promise<Page<SessionResponse>> {
    const after = decodeCursor(cursor);
    return this.runner.run(principal, async (tx) => {
      const rows = await this.sessions.page(tx, principal.userId, limit, after);
      return toPage(
        rows,
        limit,
        ({ sortKey, id }) => ({ at: sortKey, id }),
        (session) => toSessionResponse(session, principal.sessionId),
      );
    });
  }

  /** Ends one of one's own sessions. @throws AuthError `session_not_found` */
  async revoke(principal: Principal, id: string): Promise<void> {
    await this.runner.run(principal, async (tx) => {
      if (!(await this.sessions.revoke(tx, principal.userId, id, 'revoked'))) throw new AuthError('session_not_found');
      await this.trail.record(tx, { ...ofSessions(principal, 'auth.session_revoke'), targetId: id });
    });
  }

  async logout(principal: Principal): Promise<void> {
    await this.runner.run(principal, async (tx) => {
      await this.sessions.revoke(tx, principal.userId, principal.sessionId, 'logout');
      await this.trail.record(tx, { ...ofSessions(principal, 'auth.logout'), targetId: principal.sessionId });
    });
  }

  /** Ends every session, and with the epoch every access token. */
  async logoutAll(principal: Principal): Promise<void> {
    await this.runner.run(principal, async (tx) => {
      await this.accounts.lockWaysIn(tx, principal.userId);
      await this.sessions.revokeAll(tx, principal.userId, 'logout');
      await this.accounts.raiseEpoch(tx, principal.userId);
      await this.trail.record(tx, ofSessions(principal, 'auth.logout_all'));
    });
  }

  /** Lets this session act in another of one's own families. @throws FamilyError `family_not_found` */
  async switchFamily(principal: Principal, familyId: string): Promise<{ id: string; name: string }> {
    return this.runner.run(principal, async (tx) => {
      const family = await this.families.requireOwn(tx, principal.userId, familyId);
      await this.accounts.lockWaysIn(tx, principal.userId);
      await this.sessions.update(tx, principal.sessionId, { familyId });
      return family;
    });
  }

  private async continue(tx: Transaction, token: string, way: Delivery, device: Device): Promise<Tokens | AuthError> {
    const tokenHash = hashRefreshToken(token);
    const known = await this.sessions.findToken(tx, tokenHash);
    const session = known && (await this.sessions.lock(tx, known.sessionId));
    // Read again under the lock: a parallel refresh may have replaced it meanwhile.
    const presented = session && (await this.sessions.findToken(tx, tokenHash));
    if (!presented || session.delivery !== way) return new AuthError('invalid_refresh_token');
    const user = await this.accounts.find(tx, session.userId);
    if (!user) return new AuthError('invalid_refresh_token');
    if (!canAuthenticate(user)) return new AuthError('account_disabled');
    const now = new Date();
    const successor = presented.successorId ? await this.sessions.findTokenById(tx, presented.successorId) : null;
    const state = {
      isSessionLive: session.revokedAt === null && session.expiresAt > now,
      replacedAt: presented.replacedAt,
      isSuccessorUsed: successor !== null && successor.replacedAt !== null,
    };
    switch (decideRefresh(state, now, this.config.refreshGrace)) {
      case 'ended':
        return new AuthError('invalid_refresh_token');
      case 'reuse':
        await this.sessions.revoke(tx, session.userId, session.id, 'reuse');
        this.logger.warn(
          { session_id: session.id, user_id: session.userId },
          'a refresh token was used twice; its session has ended',
        );
        await this.trail.record(tx, {
          action: 'auth.refresh_reuse',
          outcome: 'refused',
          subjectUserId: session.userId,
          targetType: 'session',
          targetId: session.id,
        });
        await this.mails.tell(tx, 'session_copied', session.userId);
        return new AuthError('refresh_token_reused');
      case 'repeat':
        return this.issue(session, user.epoch, successorOf(token, presented.successorSalt ?? Buffer.alloc(0)), now);
      case 'rotate':
        return this.rotate(tx, session, presented, token, { epoch: user.epoch, device, now });
    }
  }

  private async rotate(
    tx: Transaction,
    session: Session,
    presented: RefreshToken,
    token: string,
    { epoch, device, now }: { epoch: number; device: Device; now: Date },
  ): Promise<Tokens> {
    const salt = newSuccessorSalt();
    const next = successorOf(token, salt);
    await this.sessions.deleteLinksBefore(tx, session.id, new Date(now.getTime() - LINK_MEMORY));
    await this.sessions.replaceToken(tx, presented, newLink(session.id, next, now), salt);
    const expiresAt = sessionEnd(session, now, this.config);
    await this.sessions.update(tx, session.id, { lastUsedAt: now, expiresAt, address: device.address });
    return this.issue({ ...session, expiresAt }, epoch, next, now);
  }

  private issue(session: Session, epoch: number, refreshToken: string, now: Date): Tokens {
    return {
      accessToken: this.tokens.sign(session.userId, session.id, epoch),
      refreshToken,
      expiresIn: this.tokens.ttl,
      refreshExpiresIn: Math.max(0, Math.round((session.expiresAt.getTime() - now.getTime()) / 1000)),
      delivery: session.delivery,
      userId: session.userId,
      sessionId: session.id,
    };
  }
}

const ofSessions = (principal: Principal, action: string): AuditEvent => ({
  ...by(principal, action),
  subjectUserId: principal.userId,
  targetType: 'session',
});

function newLink(sessionId: string, token: string, now: Date): RefreshToken {
  return {
    id: uuidv7(),
    sessionId,
    tokenHash: hashRefreshToken(token),
    successorId: null,
    successorSalt: null,
    createdAt: now,
    replacedAt: null,
  };
}
