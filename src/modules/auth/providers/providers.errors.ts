import { DomainError, type ErrorDetails, type FieldError } from '../../../platform/http/index.js';

export type ProviderErrorCode =
  | 'provider_not_found'
  | 'provider_unavailable'
  | 'provider_misconfigured'
  | 'provider_denied'
  | 'provider_answer_invalid'
  | 'provider_email_unverified'
  | 'sign_in_state_invalid'
  | 'link_required'
  | 'identity_not_found'
  | 'identity_taken'
  | 'last_way_in';

const DETAILS: Readonly<Record<ProviderErrorCode, ErrorDetails>> = {
  provider_not_found: { kind: 'not_found', detail: 'This server knows no such provider' },
  provider_unavailable: { kind: 'unavailable', detail: 'The provider does not answer; try again soon' },
  provider_misconfigured: {
    kind: 'unavailable',
    detail: 'The provider does not accept this server; its operator has to look at the settings',
  },
  provider_denied: { kind: 'forbidden', detail: 'The sign-in was cancelled at the provider, or refused there' },
  provider_answer_invalid: {
    kind: 'unauthenticated',
    detail: 'The answer of the provider does not prove who you are; start the sign-in again',
  },
  provider_email_unverified: {
    kind: 'forbidden',
    detail: 'The provider has not verified your email; verify it there, or sign in here and link the provider',
  },
  sign_in_state_invalid: {
    kind: 'invalid',
    detail: 'This sign-in was not started in this browser, is used up, or took longer than ten minutes; start again',
  },
  link_required: {
    kind: 'conflict',
    detail: 'An account with this email exists; sign in to it first, then link the provider',
  },
  identity_not_found: { kind: 'not_found', detail: 'There is no such linked account of yours' },
  identity_taken: { kind: 'conflict', detail: 'This account of the provider is linked to another account here' },
  last_way_in: { kind: 'conflict', detail: 'This is the last way into your account; add another one first' },
};

export class ProviderError extends DomainError<ProviderErrorCode> {
  constructor(code: ProviderErrorCode, more: { errors?: readonly FieldError[]; retryAfter?: number } = {}) {
    super(code, DETAILS[code], more);
  }
}
