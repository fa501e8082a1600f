import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  type ClientAuth,
  type CustomFetch,
  type ServerMetadata,
} from 'openid-client';
import type { OidcIssuer } from '../../../platform/config/index.js';
import { emailOf, localeOf, namesOf, subjectOf, type Claims, type UpstreamPerson } from './claims.js';
import type { FlowSecrets } from './flow-secret.js';
import { allowLoopback, LOOPBACK_DISCOVERY } from './loopback.js';
import { toProviderError, useFetch, type Provider } from './provider.js';
import { ProviderError } from './providers.errors.js';

/** Milliseconds for which a provider's description of itself is remembered: an hour. */
const METADATA_LIFE = 3_600_000;

/** Any provider that speaks OpenID Connect (Core 1.0, Discovery 1.0), by the authorization code flow with PKCE. */
export class OidcProvider implements Provider {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  private readonly isInsecure: boolean;
  private remembered: { metadata: Promise<ServerMetadata>; until: number } | undefined;

  constructor(
    private readonly client: OidcIssuer,
    private readonly fetch: CustomFetch,
    private readonly now: () => number = Date.now,
  ) {
    this.id = client.id;
    this.name = client.name;
    this.issuer = client.issuer;
    // Only on this machine, as the settings have been checked to say.
    this.isInsecure = new URL(client.issuer).protocol === 'http:';
  }

  async begin(redirectUri: string, { state, nonce, codeVerifier }: FlowSecrets): Promise<URL> {
    return buildAuthorizationUrl(await this.configuration(), {
      redirect_uri: redirectUri,
      scope: 'openid email profile',
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
  }

  /** Verifies issuer (RFC 9207), state, the ID token with its signature, audience, times and nonce, and whose the user info is. */
  async complete(answer: URL, { state, nonce, codeVerifier }: FlowSecrets): Promise<UpstreamPerson> {
    const config = await this.configuration();
    const tokens = await authorizationCodeGrant(config, answer, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    });
    const idToken: Claims = { ...tokens.claims() };
    const subject = subjectOf(idToken['sub']);
    if (subject === undefined) throw new ProviderError('provider_answer_invalid');
    const hasUserInfo = config.serverMetadata().userinfo_endpoint !== undefined;
    const userInfo: Claims[] = hasUserInfo ? [await fetchUserInfo(config, tokens.access_token, subject)] : [];
    const sources = [idToken, ...userInfo];
    return {
      issuer: config.serverMetadata().issuer,
      subject,
      ...emailOf(sources),
      ...namesOf(sources),
      ...localeOf(sources),
    };
  }

  /** New for every sign-in, and with it the provider's keys: a household signs in rarely, and a changed key is never a failure. */
  private async configuration(): Promise<Configuration> {
    const metadata = await this.metadata();
    const { clientId, clientSecret } = this.client;
    const config = new Configuration(metadata, clientId, undefined, authenticationOf(clientSecret, metadata));
    enableNonRepudiationChecks(config);
    if (this.isInsecure) allowLoopback(config);
    return useFetch(config, this.fetch);
  }

  /** Asked once for many who come at once; a failure is not remembered. */
  private metadata(): Promise<ServerMetadata> {
    const now = this.now();
    if (this.remembered && this.remembered.until > now) return this.remembered.metadata;
    const metadata = this.discover().catch((error: unknown) => {
      this.remembered = undefined;
      throw error;
    });
    this.remembered = { metadata, until: now + METADATA_LIFE };
    return metadata;
  }

  /** @throws ProviderError `provider_misconfigured` where something else than that issuer answers */
  private async discover(): Promise<ServerMetadata> {
    const options = { [customFetch]: this.fetch, execute: this.isInsecure ? LOOPBACK_DISCOVERY : [] };
    const server = new URL(this.issuer);
    const config = await discovery(server, this.client.clientId, undefined, None(), options).catch((error: unknown) => {
      const known = toProviderError(error);
      throw known.kind === 'unavailable' ? known : new ProviderError('provider_misconfigured');
    });
    return config.serverMetadata();
  }
}

/** By header where the provider takes that, which is its duty (RFC 6749, section 2.3.1), else in the body. */
function authenticationOf(secret: string | undefined, metadata: ServerMetadata): ClientAuth {
  if (secret === undefined) return None();
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return methods.includes('client_secret_basic') ? ClientSecretBasic(secret) : ClientSecretPost(secret);
}
