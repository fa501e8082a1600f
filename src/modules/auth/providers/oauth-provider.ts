import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  Configuration,
  fetchProtectedResource,
  type CustomFetch,
} from 'openid-client';
import type { ClientCredentials } from '../../../platform/config/index.js';
import { emailOf, localeOf, namesOf, subjectOf, type Claims, type UpstreamPerson } from './claims.js';
import type { FlowSecrets } from './flow-secret.js';
import { allowLoopback } from './loopback.js';
import { useFetch, type Provider } from './provider.js';
import { ProviderError } from './providers.errors.js';

/** Asks the provider's API for a JSON document, on behalf of the person. */
export type Ask = (url: string) => Promise<Response>;

/** A provider that has OAuth 2.0 alone, and its own API to say who somebody is. */
export interface OAuthService {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly scope: string;
  /** The person in the words of OpenID Connect: `sub`, `email`, `email_verified`, names. @throws ProviderError */
  readonly claims: (ask: Ask) => Promise<Claims>;
}

/** Sign-in by OAuth 2.0 (RFC 6749) with PKCE (RFC 7636); there is no ID token, so the API is asked by the fresh token. */
export class OAuthProvider implements Provider {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  private readonly config: Configuration;

  constructor(
    private readonly service: OAuthService,
    { id, secret }: ClientCredentials,
    fetch: CustomFetch,
  ) {
    this.id = service.id;
    this.name = service.name;
    this.issuer = service.issuer;
    const metadata = {
      issuer: service.issuer,
      authorization_endpoint: service.authorizationEndpoint,
      token_endpoint: service.tokenEndpoint,
    };
    this.config = useFetch(new Configuration(metadata, id, undefined, ClientSecretPost(secret)), fetch);
    // Only on this machine, as the settings have been checked to say.
    if (service.tokenEndpoint.startsWith('http:')) allowLoopback(this.config);
  }

  async begin(redirectUri: string, { state, codeVerifier }: FlowSecrets): Promise<URL> {
    return buildAuthorizationUrl(this.config, {
      redirect_uri: redirectUri,
      scope: this.service.scope,
      state,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
  }

  async complete(answer: URL, { state, codeVerifier }: FlowSecrets): Promise<UpstreamPerson> {
    const checks = { expectedState: state, pkceCodeVerifier: codeVerifier };
    const { access_token: token } = await authorizationCodeGrant(this.config, answer, checks);
    const ask: Ask = (url) => fetchProtectedResource(this.config, token, new URL(url), 'GET');
    const claims = await this.service.claims(ask);
    const subject = subjectOf(claims['sub']);
    if (subject === undefined) throw new ProviderError('provider_answer_invalid');
    return { issuer: this.issuer, subject, ...emailOf([claims]), ...namesOf([claims]), ...localeOf([claims]) };
  }
}

/** A number or a text of digits, as a subject. */
export const digits = (value: unknown): string | undefined =>
  (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) ||
  (typeof value === 'string' && /^\d{1,32}$/.test(value))
    ? String(value)
    : undefined;
