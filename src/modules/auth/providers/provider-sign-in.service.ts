import { Injectable, Logger } from '@nestjs/common';
import { AuditTrail } from '../../../platform/audit/index.js';
import { ServerConfig } from '../../../platform/config/index.js';
import { lockInTransaction, TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import { DomainError } from '../../../platform/http/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import { Metrics, Traced } from '../../../platform/observability/index.js';
import { AccountsService, canAuthenticate, type User } from '../../users/index.js';
import { AuthError } from '../auth.errors.js';
import { HandoverService } from '../handover.service.js';
import { RegistrationService } from '../registration.service.js';
import { AccountMailService } from '../mail/account-mail.service.js';
import type { Delivery } from '../session.entity.js';
import { SessionsRepository } from '../sessions.repository.js';
import { SessionsService, type Device, type Tokens } from '../sessions.service.js';
import type { UpstreamPerson } from './claims.js';
import { flowSecretsOf, newFlowSecret } from './flow-secret.js';
import { IdentitiesRepository } from './identities.repository.js';
import { decideArrival } from './identities.policy.js';
import { changed, emailProved, refused, signedIn, takenOver } from './identity-events.js';
import type { Identity } from './identity.entity.js';
import { ProviderCatalog } from './provider-catalog.js';
import { reasonOf, toProviderError, type Provider } from './provider.js';
import { ProviderError } from './providers.errors.js';
import type { SignInFlow } from './sign-in-flow.entity.js';
import { SignInFlowsRepository } from './sign-in-flows.repository.js';

/** Seconds for which a sign-in may be under way. */
export const FLOW_LIFE = 600;

/** How somebody wants to sign in; with a session, that its account be linked. */
export interface FlowWish {
  readonly delivery: Delivery;
  readonly rememberMe: boolean;
  readonly returnTo: string | null;
  readonly sessionId: string | null;
}

/** How it ended. */
export type FlowOutcome = { readonly tokens: Tokens } | { readonly linked: Identity };

/** Sign-in by a provider, from sending the browser there to a session; and the same way, linking. */
@Injectable()
export class ProviderSignInService {
  private readonly logger = new Logger(ProviderSignInService.name);

  constructor(
    private readonly runner: TransactionRunner,
    private readonly catalog: ProviderCatalog,
    private readonly flows: SignInFlowsRepository,
    private readonly identities: IdentitiesRepository,
    private readonly accounts: AccountsService,
    private readonly registration: RegistrationService,
    private readonly handover: HandoverService,
    private readonly mails: AccountMailService,
    private readonly sessionRows: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly trail: AuditTrail,
    private readonly server: ServerConfig,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Begins a sign-in: the provider's address, and the secret that the browser has to keep.
   * @throws ProviderError `provider_not_found`, `provider_unavailable`, `provider_misconfigured`
   */
  async begin(providerId: string, wish: FlowWish): Promise<{ url: URL; secret: string }> {
    const provider = this.catalog.require(providerId);
    const secret = newFlowSecret();
    const secrets = flowSecretsOf(secret);
    const url = await this.ask(provider, () => provider.begin(this.redirectUri(provider), secrets));
    const now = new Date();
    await this.runner.runAsIdentity(async (tx) => {
      await this.flows.deleteExpired(tx, now);
      const expiresAt = new Date(now.getTime() + FLOW_LIFE * 1000);
      await this.flows.insert(tx, { secretHash: secrets.hash, provider: provider.id, ...wish, expiresAt });
    });
    return { url, secret };
  }

  /**
   * Takes the flow that a browser comes back with; it is used up by that.
   * @throws ProviderError `sign_in_state_invalid`
   */
  async take(providerId: string, secret: string, state: unknown): Promise<SignInFlow> {
    this.catalog.require(providerId);
    const expected = flowSecretsOf(secret);
    // Before anything is used up: whoever sends a browser here with a state of their own ends nobody's sign-in.
    if (state !== expected.state) throw new ProviderError('sign_in_state_invalid');
    const flow = await this.runner.runAsIdentity((tx) => this.flows.take(tx, expected.hash));
    if (flow?.provider !== providerId || flow.expiresAt <= new Date()) throw new ProviderError('sign_in_state_invalid');
    return flow;
  }

  /**
   * Redeems what the provider has sent, and signs in, links, or makes an account.
   * @param answer our address with the query it was called with
   * @throws ProviderError, AuthError, and what registration throws
   */
  @Traced()
  async finish(
    flow: SignInFlow,
    { secret, invitation, query }: { secret: string; invitation: string | undefined; query: string },
    device: Device,
  ): Promise<FlowOutcome> {
    let person: UpstreamPerson | undefined;
    try {
      const provider = this.catalog.require(flow.provider);
      const answer = Object.assign(new URL(this.redirectUri(provider)), { search: query });
      const arrived = await this.ask(provider, () => provider.complete(answer, flowSecretsOf(secret)));
      person = arrived;
      const outcome = await this.runner.runAsIdentity((tx) => this.arrive(tx, flow, arrived, invitation, device));
      this.metrics.authAttempt('provider', 'success');
      return outcome;
    } catch (error) {
      if (error instanceof DomainError) {
        this.metrics.authAttempt('provider', 'failure');
        const isLink = flow.sessionId !== null;
        await this.runner.runAsIdentity(async (tx) => {
          const subject = await this.subjectOf(tx, flow, person);
          await this.trail.record(tx, refused(flow.provider, isLink, String(error.code), subject));
        });
      }
      throw error;
    }
  }

  /** Whose account a refusal was about: that of the session, or the one that the provider has proved to be theirs. */
  private async subjectOf(
    tx: Transaction,
    { sessionId }: SignInFlow,
    person: UpstreamPerson | undefined,
  ): Promise<string | null> {
    if (sessionId !== null) return (await this.sessionRows.find(tx, sessionId))?.userId ?? null;
    if (!person) return null;
    const known = await this.identities.find(tx, person.issuer, person.subject);
    if (known) return known.userId;
    if (!person.isEmailVerified || person.email === null) return null;
    return (await this.accounts.findBySignInName(tx, { email: person.email }))?.id ?? null;
  }

  private async arrive(
    tx: Transaction,
    flow: SignInFlow,
    person: UpstreamPerson,
    invitation: string | undefined,
    device: Device,
  ): Promise<FlowOutcome> {
    // One at a time, so that a first sign-in in two tabs makes one account.
    await lockInTransaction(tx, `identity ${person.issuer} ${person.subject}`);
    const known = await this.identities.find(tx, person.issuer, person.subject);
    if (flow.sessionId !== null) return { linked: await this.link(tx, flow, flow.sessionId, known, person) };
    const user = await this.userFor(tx, flow, known, person, invitation);
    const { rememberMe, delivery } = flow;
    const tokens = await this.sessions.begin(tx, user, device, { rememberMe, delivery });
    await this.trail.record(tx, signedIn(flow.provider, user.id, tokens.sessionId));
    return { tokens };
  }

  /** The account that somebody signs in to. */
  private async userFor(
    tx: Transaction,
    flow: SignInFlow,
    known: Identity | null,
    person: UpstreamPerson,
    invitation: string | undefined,
  ): Promise<User> {
    const account = await this.accountOf(tx, known, person);
    const others = account && !known ? await this.identities.ofUser(tx, account.id) : [];
    const decision = decideArrival({
      isKnown: known !== null,
      hasVerifiedEmail: person.isEmailVerified,
      account: account
        ? {
            isEmailVerified: account.emailVerifiedAt !== null,
            hasOtherOfIssuer: others.some(({ issuer }) => issuer === person.issuer),
          }
        : null,
    });
    if (decision === 'link_required' || decision === 'provider_email_unverified') throw new ProviderError(decision);
    const user = account ?? (await this.register(tx, person, invitation));
    if (!(await this.accounts.admit(tx, user))) throw new AuthError('account_disabled');
    const owned = decision === 'take_over' ? await this.takeOver(tx, user, flow.provider) : user;
    await this.remember(tx, flow, known, person, owned.id);
    if (account && !known) await this.mails.tell(tx, 'identities_changed', account.id);
    return owned;
  }

  /** Whose account it would be, with the lock of it: whether the email is proved stays as it is read. */
  private async accountOf(tx: Transaction, known: Identity | null, { email }: UpstreamPerson): Promise<User | null> {
    const read = async (): Promise<User | null> =>
      known
        ? this.accounts.find(tx, known.userId)
        : email === null
          ? null
          : this.accounts.findBySignInName(tx, { email });
    const found = await read();
    if (!found) return null;
    await this.accounts.lockWaysIn(tx, found.id);
    const account = await read();
    // The address has come to somebody else meanwhile, or to nobody.
    if (account?.id !== found.id) throw new ProviderError('sign_in_state_invalid');
    return account;
  }

  /** The owner of the email is here; out with whoever claimed it. */
  private async takeOver(tx: Transaction, user: User, provider: string): Promise<User> {
    if (user.email !== null) await this.handover.toHolderOf(user.email, user, 'revoked', tx);
    await this.trail.record(tx, takenOver(provider, user.id));
    // Its tokens of before ended by a number that the new ones have to have.
    return (await this.accounts.find(tx, user.id)) ?? user;
  }

  private async register(tx: Transaction, person: UpstreamPerson, invitation: string | undefined): Promise<User> {
    const { email, firstName, lastName, language, timeZone } = person;
    const { user } = await this.registration.settle(tx, {
      email: email ?? '',
      emailVerifiedAt: new Date(),
      first_name: firstName,
      ...(lastName === null ? {} : { last_name: lastName }),
      language,
      time_zone: timeZone,
      ...(invitation === undefined ? {} : { invitation }),
    });
    return user;
  }

  /** To the account of the session that began it, as long as that is live: to nobody else's, whatever the emails say. */
  private async link(
    tx: Transaction,
    flow: SignInFlow,
    sessionId: string,
    known: Identity | null,
    person: UpstreamPerson,
  ): Promise<Identity> {
    const begun = await this.sessionRows.find(tx, sessionId);
    if (begun) await this.accounts.lockWaysIn(tx, begun.userId);
    const session = begun && (await this.sessionRows.find(tx, sessionId));
    const user = session && (await this.accounts.find(tx, session.userId));
    if (!user || session.revokedAt !== null || session.expiresAt <= new Date() || !canAuthenticate(user)) {
      throw new AuthError('fresh_sign_in_required');
    }
    if (known && known.userId !== user.id) throw new ProviderError('identity_taken');
    if (
      user.emailVerifiedAt === null &&
      person.isEmailVerified &&
      person.email !== null &&
      person.email === user.email
    ) {
      await this.accounts.proveEmail(tx, user.id, person.email);
      await this.trail.record(tx, emailProved(flow.provider, user.id));
    }
    if (!known) await this.mails.tell(tx, 'identities_changed', user.id);
    return this.remember(tx, flow, known, person, user.id);
  }

  private async remember(
    tx: Transaction,
    { provider }: SignInFlow,
    known: Identity | null,
    { issuer, subject, email }: UpstreamPerson,
    userId: string,
  ): Promise<Identity> {
    const now = new Date();
    if (known) {
      const isStillLinked = await this.identities.update(tx, known.id, { provider, email, lastUsedAt: now });
      if (!isStillLinked) throw new ProviderError('sign_in_state_invalid');
      return { ...known, provider, email, lastUsedAt: now };
    }
    const identity = { id: uuidv7(), userId, provider, issuer, subject, email, createdAt: now, lastUsedAt: now };
    await this.identities.insert(tx, identity);
    await this.trail.record(tx, changed('identity.link', identity));
    return identity;
  }

  /** Where the provider sends the browser back to; built from the settings, never from a request. */
  private redirectUri({ id }: Provider): string {
    return `${this.server.origin}/api/v1/auth/callback/${id}`;
  }

  private async ask<T>(provider: Provider, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.logger.warn({ provider: provider.id, reason: reasonOf(error) }, 'a sign-in by a provider failed');
      throw toProviderError(error);
    }
  }
}
