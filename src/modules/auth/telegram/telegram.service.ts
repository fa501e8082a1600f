import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../../platform/audit/index.js';
import { TelegramConfig } from '../../../platform/config/index.js';
import { lockInTransaction, TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import { DomainError, fieldError } from '../../../platform/http/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import { Metrics } from '../../../platform/observability/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { AccountsService } from '../../users/index.js';
import { AuthError } from '../auth.errors.js';
import { AccountMailService } from '../mail/account-mail.service.js';
import { changed, refused, signedIn } from '../providers/identity-events.js';
import { IdentitiesRepository } from '../providers/identities.repository.js';
import type { Identity } from '../providers/identity.entity.js';
import { TELEGRAM, TELEGRAM_ISSUER } from '../providers/provider-catalog.js';
import { ProviderError } from '../providers/providers.errors.js';
import { ReauthenticationService } from '../reauthentication.service.js';
import type { Delivery } from '../session.entity.js';
import { SessionsRepository } from '../sessions.repository.js';
import { SessionsService, type Device, type Tokens } from '../sessions.service.js';
import { TelegramError } from './telegram.errors.js';
import { PROOF_LIFE, verifyInitData, verifyWidget, type TelegramProof, type WidgetFields } from './telegram-proof.js';
import { TelegramRepository } from './telegram.repository.js';

/** What Telegram has signed: for the login widget, or for a Mini App. */
export interface TelegramData {
  readonly widget: WidgetFields | undefined;
  readonly initData: string | undefined;
}

/** Sign-in by what Telegram has signed. An id alone opens nothing, and a `telegram_id` in an account is a mere name. */
@Injectable()
export class TelegramService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly proofs: TelegramRepository,
    private readonly identities: IdentitiesRepository,
    private readonly reauthentication: ReauthenticationService,
    private readonly accounts: AccountsService,
    private readonly sessionRows: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly trail: AuditTrail,
    private readonly mails: AccountMailService,
    private readonly config: TelegramConfig,
    private readonly metrics: Metrics,
  ) {}

  /** @throws ProviderError `provider_not_found`; TelegramError; AuthError `account_disabled` */
  async signIn(data: TelegramData, device: Device, wish: { rememberMe: boolean; delivery: Delivery }): Promise<Tokens> {
    let proof: TelegramProof | undefined;
    try {
      const proved = (proof = await this.prove(data));
      const tokens = await this.runner.runAsIdentity(async (tx) => {
        const known = await this.identities.find(tx, TELEGRAM_ISSUER, String(proved.id));
        const user = known && (await this.accounts.find(tx, known.userId));
        if (!user) throw new TelegramError('telegram_not_linked');
        if (!(await this.accounts.admit(tx, user))) throw new AuthError('account_disabled');
        const isStillLinked = await this.identities.update(tx, known.id, { lastUsedAt: new Date() });
        if (!isStillLinked) throw new TelegramError('telegram_not_linked');
        const begun = await this.sessions.begin(tx, user, device, wish);
        await this.trail.record(tx, signedIn(TELEGRAM, user.id, begun.sessionId));
        return begun;
      });
      this.metrics.authAttempt(TELEGRAM, 'success');
      return tokens;
    } catch (error) {
      if (isRecorded(error)) {
        this.metrics.authAttempt(TELEGRAM, 'failure');
        await this.runner.runAsIdentity(async (tx) => {
          const known = proof && (await this.identities.find(tx, TELEGRAM_ISSUER, String(proof.id)));
          await this.trail.record(tx, refused(TELEGRAM, false, error.code, known?.userId ?? null));
        });
      }
      throw error;
    }
  }

  /**
   * Links the Telegram account to the person who is signed in, within minutes of their sign-in.
   * @throws as `signIn`; AuthError `fresh_sign_in_required`; ProviderError `identity_taken`
   */
  async link(principal: Principal, data: TelegramData): Promise<Identity> {
    try {
      const proof = this.verify(data);
      await this.reauthentication.requireFreshSignIn(principal);
      await this.useUp(proof);
      return await this.runner.runAsIdentity((tx) => this.attach(tx, principal, proof));
    } catch (error) {
      if (isRecorded(error)) {
        const event = refused(TELEGRAM, true, error.code, principal.userId);
        await this.runner.runAsIdentity((tx) => this.trail.record(tx, event));
      }
      throw error;
    }
  }

  private async attach(tx: Transaction, { userId, sessionId }: Principal, { id }: TelegramProof): Promise<Identity> {
    const subject = String(id);
    await lockInTransaction(tx, `identity ${TELEGRAM_ISSUER} ${subject}`);
    await this.accounts.lockWaysIn(tx, userId);
    await this.sessionRows.requireLive(tx, sessionId);
    const known = await this.identities.find(tx, TELEGRAM_ISSUER, subject);
    if (known && known.userId !== userId) throw new ProviderError('identity_taken');
    // Whoever has written this id into an account without proof gives way to its owner.
    await this.accounts.giveTelegramId(tx, userId, id);
    if (known) return known;
    const now = new Date();
    const identity = { id: uuidv7(), userId, provider: TELEGRAM, issuer: TELEGRAM_ISSUER, subject, email: null };
    const linked = { ...identity, createdAt: now, lastUsedAt: now };
    await this.identities.insert(tx, linked);
    await this.trail.record(tx, changed('identity.link', linked));
    await this.mails.tell(tx, 'identities_changed', userId);
    return linked;
  }

  private async prove(data: TelegramData): Promise<TelegramProof> {
    const proof = this.verify(data);
    await this.useUp(proof);
    return proof;
  }

  private verify({ widget, initData }: TelegramData): TelegramProof {
    const { botToken } = this.config;
    if (botToken === undefined) throw new ProviderError('provider_not_found');
    if ((widget === undefined) === (initData === undefined)) {
      throw fieldError('init_data', 'give exactly one of widget and init_data');
    }
    const now = new Date();
    const proof = widget ? verifyWidget(widget, botToken, now) : verifyInitData(initData ?? '', botToken, now);
    if (!proof) throw new TelegramError('telegram_proof_invalid');
    return proof;
  }

  /** In a transaction of its own, so that a proof is used up even where it leads nowhere. */
  private async useUp({ hash, signedAt }: TelegramProof): Promise<void> {
    const isNew = await this.runner.runAsIdentity(async (tx) => {
      await this.proofs.deleteExpired(tx, new Date());
      // Twice its life, for clocks that differ.
      return this.proofs.use(tx, hash, new Date(signedAt.getTime() + 2 * PROOF_LIFE * 1000));
    });
    if (!isNew) throw new TelegramError('telegram_proof_invalid');
  }
}

/** What was refused, and not merely asked in a wrong way. */
const isRecorded = (error: unknown): error is DomainError =>
  error instanceof DomainError && error.kind !== 'not_found' && error.kind !== 'invalid';
