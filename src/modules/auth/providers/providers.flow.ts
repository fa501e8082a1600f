import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProvidersConfig } from '../../../platform/config/index.js';
import { DomainError, fieldError } from '../../../platform/http/index.js';
import { cookieOf, type Principal } from '../../../platform/security/index.js';
import type { TokenResponse } from '../dto/session.response.js';
import { deviceOf, TokenDelivery } from '../token-delivery.js';
import { ReauthenticationService } from '../reauthentication.service.js';
import { toIdentityResponse, type IdentityResponse } from './dto/identity.response.js';
import type { LinkRequest, ProviderLoginQuery } from './dto/provider.request.js';
import { toProvidersResponse, type LinkResponse, type ProvidersResponse } from './dto/provider.response.js';
import { ProviderCatalog } from './provider-catalog.js';
import { FLOW_LIFE, ProviderSignInService, type FlowWish } from './provider-sign-in.service.js';
import { ProviderError } from './providers.errors.js';

/** Ties a sign-in under way to a browser: its secret, and the code of an invitation where there is one. */
export const FLOW_COOKIE = '__Host-fa_flow';
/** Lax, because the browser comes back from another site; `__Host-` keeps other hosts from writing it. */
const COOKIE = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;

/** Between the controllers and the services: redirects, and the cookie of a sign-in under way. Knows HTTP. */
@Injectable()
export class ProvidersFlow {
  private readonly returnUrls: ReadonlySet<string>;

  constructor(
    private readonly catalog: ProviderCatalog,
    private readonly signIns: ProviderSignInService,
    private readonly reauthentication: ReauthenticationService,
    private readonly delivery: TokenDelivery,
    config: ProvidersConfig,
  ) {
    this.returnUrls = new Set(config.returnUrls);
  }

  list(): ProvidersResponse {
    return toProvidersResponse(this.catalog.all);
  }

  /** Sends the browser to the provider. */
  async begin(providerId: string, query: ProviderLoginQuery, reply: FastifyReply): Promise<void> {
    const { delivery = 'body', remember_me: rememberMe = false, return_to, invitation } = query;
    const returnTo = this.returnUrl(return_to);
    if (returnTo !== null && delivery !== 'cookie') throw fieldError('return_to', 'needs delivery=cookie');
    const wish = { delivery, rememberMe, returnTo, sessionId: null };
    reply.header('location', await this.start(providerId, wish, invitation, reply));
  }

  /** The same for an account that is signed in: for its session, and within minutes of its sign-in. */
  async link(principal: Principal, request: LinkRequest, reply: FastifyReply): Promise<LinkResponse> {
    const returnTo = this.returnUrl(request.return_to);
    await this.reauthentication.requireFreshSignIn(principal);
    const wish = { delivery: 'body', rememberMe: false, returnTo, sessionId: principal.sessionId } as const;
    return { authorization_url: await this.start(request.provider, wish, undefined, reply) };
  }

  /** The browser is back: tokens, the linked identity, or on to the page it came for. */
  async complete(
    providerId: string,
    query: Readonly<Record<string, unknown>>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<TokenResponse | IdentityResponse | undefined> {
    const [secret, invitation] = (cookieOf(request, FLOW_COOKIE) ?? '').split('.');
    if (!secret) throw new ProviderError('sign_in_state_invalid');
    const flow = await this.signIns.take(providerId, secret, query['state']);
    reply.clearCookie(FLOW_COOKIE, COOKIE);
    try {
      const search = request.url.slice(request.url.indexOf('?'));
      const outcome = await this.signIns.finish(flow, { secret, invitation, query: search }, deviceOf(request));
      const body =
        'tokens' in outcome ? await this.delivery.deliver(outcome.tokens, reply) : toIdentityResponse(outcome.linked);
      if (flow.returnTo === null) return body;
      redirect(reply, flow.returnTo);
    } catch (error) {
      if (flow.returnTo === null || !(error instanceof DomainError)) throw error;
      redirect(reply, `${flow.returnTo}?error=${String(error.code)}`);
    }
    return undefined;
  }

  private async start(
    providerId: string,
    wish: FlowWish,
    invitation: string | undefined,
    reply: FastifyReply,
  ): Promise<string> {
    const { url, secret } = await this.signIns.begin(providerId, wish);
    const value = invitation === undefined ? secret : `${secret}.${invitation}`;
    reply.setCookie(FLOW_COOKIE, value, { ...COOKIE, maxAge: FLOW_LIFE });
    return url.href;
  }

  /** Pages of the settings only, so that nobody is led from here to a page of somebody else (CWE-601). */
  private returnUrl(asked: string | undefined): string | null {
    if (asked === undefined) return null;
    if (!this.returnUrls.has(asked)) throw fieldError('return_to', 'must be one of the pages in SIGN_IN_RETURN_URLS');
    return asked;
  }
}

function redirect(reply: FastifyReply, location: string): void {
  void reply.status(303).header('location', location);
}
