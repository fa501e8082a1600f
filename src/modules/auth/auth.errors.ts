import { DomainError, type ErrorDetails, type FieldError } from '../../platform/http/index.js';

export type AuthErrorCode =
  | 'invalid_credentials'
  | 'account_disabled'
  | 'too_many_failures'
  | 'sign_in_busy'
  | 'invalid_refresh_token'
  | 'refresh_token_reused'
  | 'unsupported_grant_type'
  | 'session_not_found'
  | 'registration_closed'
  | 'invitation_required'
  | 'setup_token_required'
  | 'wrong_password'
  | 'no_password'
  | 'fresh_sign_in_required'
  | 'api_key_not_found'
  | 'scope_not_granted'
  | 'too_many_api_keys'
  | 'mail_token_invalid'
  | 'device_code_invalid'
  | 'device_not_found'
  | 'device_locked'
  | 'invalid_device'
  | 'wrong_pin'
  | 'member_signs_in_alone';

const DETAILS: Readonly<Record<AuthErrorCode, ErrorDetails>> = {
  invalid_credentials: { kind: 'unauthenticated', detail: 'The name or the password is wrong' },
  account_disabled: { kind: 'forbidden', detail: 'This account is disabled' },
  too_many_failures: { kind: 'rate_limited', detail: 'Too many failed attempts; wait before the next one' },
  sign_in_busy: { kind: 'unavailable', detail: 'Too many people are signing in at this moment; try again' },
  invalid_refresh_token: { kind: 'unauthenticated', detail: 'The refresh token is not valid; sign in again' },
  refresh_token_reused: {
    kind: 'unauthenticated',
    detail: 'The refresh token was used before; for safety the session has ended',
  },
  unsupported_grant_type: { kind: 'invalid', detail: 'grant_type must be password or refresh_token' },
  session_not_found: { kind: 'not_found', detail: 'There is no such session' },
  registration_closed: { kind: 'forbidden', detail: 'Registration is closed on this server' },
  invitation_required: { kind: 'forbidden', detail: 'Registration on this server needs an invitation' },
  setup_token_required: {
    kind: 'forbidden',
    detail: 'The first account needs the set-up token that the server printed at its start',
  },
  fresh_sign_in_required: {
    kind: 'forbidden',
    detail: 'Your sign-in is older than 15 minutes; sign in again',
  },
  mail_token_invalid: {
    kind: 'invalid',
    detail: 'The link was used, replaced by a newer one, or has expired; ask for a new one',
  },
  device_code_invalid: { kind: 'not_found', detail: 'The code does not exist, was used, or has expired' },
  device_not_found: { kind: 'not_found', detail: 'There is no such device in the family' },
  device_locked: { kind: 'forbidden', detail: 'A parent has to approve this device again' },
  invalid_device: {
    kind: 'unauthenticated',
    detail: 'This device is not known (any more); a parent can let it in again',
  },
  wrong_pin: { kind: 'unauthenticated', detail: 'The PIN is wrong' },
  member_signs_in_alone: {
    kind: 'conflict',
    detail: 'This member signs in alone; a device code is for members without an email, a password and linked accounts',
  },
  wrong_password: { kind: 'invalid', detail: 'The current password is wrong' },
  no_password: {
    kind: 'conflict',
    detail: 'This account has no password; POST /auth/password/forgot sends a link to set one',
  },
  api_key_not_found: { kind: 'not_found', detail: 'There is no such API key' },
  scope_not_granted: { kind: 'forbidden', detail: 'Insufficient permissions: a key may do no more than you' },
  too_many_api_keys: { kind: 'conflict', detail: 'You have as many API keys as one may have; delete one first' },
};

export class AuthError extends DomainError<AuthErrorCode> {
  constructor(code: AuthErrorCode, more: { errors?: readonly FieldError[]; retryAfter?: number } = {}) {
    super(code, DETAILS[code], more);
  }
}
