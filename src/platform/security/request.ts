import type { FastifyRequest } from 'fastify';
import type { Principal } from './principal.js';

/** Cookies that carry tokens. `__Host-` makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis). */
export const ACCESS_COOKIE = '__Host-fa_access';
export const REFRESH_COOKIE = '__Host-fa_refresh';
/** Header that carries an API key, as OpenAPI writes it. */
export const API_KEY_HEADER = 'X-API-Key';

export type CredentialKind = 'bearer' | 'cookie' | 'api_key';

/** A request as the guards see and complete it. */
export interface AppRequest extends FastifyRequest {
  principal?: Principal;
  /** The kind of credential that authenticated the request; CSRF rules follow from it. */
  credential?: CredentialKind;
  /** Why the request has no principal although it carries a credential. */
  refusal?: 'invalid_token' | 'invalid_api_key' | 'ambiguous_credentials';
  /**
   * How often the request has been run again, as its rights turned out to be old: then nothing remembered will do, and no
   * limit counts it twice.
   */
  repeats?: number;
}

export interface Credential {
  readonly kind: CredentialKind;
  readonly token: string;
}

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,4096}) *$/i;

/**
 * The access credentials a request carries: a bearer token (RFC 6750), the access cookie, an API key, or several of them.
 * A malformed header counts as a credential that opens nothing (token '').
 */
export function credentialsOf(request: FastifyRequest): Credential[] {
  const found: Credential[] = [];
  const { authorization, 'x-api-key': apiKey } = request.headers;
  if (authorization !== undefined) found.push({ kind: 'bearer', token: BEARER.exec(authorization)?.[1] ?? '' });
  const cookie = cookieOf(request, ACCESS_COOKIE);
  if (cookie !== undefined) found.push({ kind: 'cookie', token: cookie });
  if (apiKey !== undefined) found.push({ kind: 'api_key', token: typeof apiKey === 'string' ? apiKey.trim() : '' });
  return found;
}

/** A cookie's value; undefined when there is none. */
export function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.cookies[name];
  return value === undefined || value === '' ? undefined : value;
}
