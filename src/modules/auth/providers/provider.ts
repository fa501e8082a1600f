import {
  AuthorizationResponseError,
  ClientError,
  customFetch,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
  type Configuration,
  type CustomFetch,
} from 'openid-client';
import type { Claims, UpstreamPerson } from './claims.js';
import type { FlowSecrets } from './flow-secret.js';
import { ProviderError } from './providers.errors.js';

/** A service that tells who somebody is. */
export interface Provider {
  /** Names it in addresses and in the settings. */
  readonly id: string;
  readonly name: string;
  /** Names it in identities. */
  readonly issuer: string;
  /** The provider's page to which the browser is sent. @throws ProviderError */
  begin(redirectUri: string, secrets: FlowSecrets): Promise<URL>;
  /**
   * Redeems the code with which the browser came back.
   * @param answer the redirect URI with the query it was called with
   * @throws ProviderError
   */
  complete(answer: URL, secrets: FlowSecrets): Promise<UpstreamPerson>;
}

/** How openid-client reaches a provider. */
export function useFetch(config: Configuration, fetch: CustomFetch): Configuration {
  config[customFetch] = fetch;
  return config;
}

/** A JSON answer. @throws ProviderError */
export async function jsonIn(response: Response): Promise<unknown> {
  if (!response.ok) throw new ProviderError('provider_answer_invalid');
  return response.json();
}

/** The members of a JSON answer. @throws ProviderError */
export async function claimsIn(response: Response): Promise<Claims> {
  const body = await jsonIn(response);
  if (typeof body !== 'object' || body === null) throw new ProviderError('provider_answer_invalid');
  return body as Claims;
}

/** Errors of RFC 6749 (sections 4.1.2.1 and 5.2) that say that this server is not registered as it is configured. */
const OUR_FAULT = [
  'invalid_client',
  'unauthorized_client',
  'invalid_scope',
  'invalid_request',
  'unsupported_response_type',
  'unsupported_grant_type',
  'incorrect_client_credentials',
  'redirect_uri_mismatch',
];
const AWAY = ['server_error', 'temporarily_unavailable'];

/** What an exception on the way to a provider means to the person who signs in. */
export function toProviderError(error: unknown): ProviderError {
  for (let cause = error; cause instanceof Error; cause = cause.cause as Error) {
    if (cause instanceof ProviderError) return cause;
  }
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    if (AWAY.includes(error.error)) return new ProviderError('provider_unavailable');
    if (OUR_FAULT.includes(error.error)) return new ProviderError('provider_misconfigured');
    const isAnswer = error instanceof AuthorizationResponseError;
    return new ProviderError(isAnswer ? 'provider_denied' : 'provider_answer_invalid');
  }
  // RFC 6749, section 5.2: a client that authenticates by header is refused by a challenge of the same scheme.
  const isOurs = error instanceof WWWAuthenticateChallengeError && error.cause.some(({ scheme }) => scheme === 'basic');
  return new ProviderError(isOurs ? 'provider_misconfigured' : 'provider_answer_invalid');
}

/** Why, for the log: codes of the protocol, never what the provider has written. */
export function reasonOf(error: unknown): string {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) return plain(error.error);
  if (error instanceof WWWAuthenticateChallengeError) return `status ${String(error.status)}`;
  if (error instanceof ClientError) return error.code ?? error.message;
  return error instanceof ProviderError ? error.code : error instanceof Error ? error.name : typeof error;
}

const plain = (text: string): string => text.replaceAll(/[^\w-]/g, '').slice(0, 64);
