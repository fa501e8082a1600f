import { DomainError, type ErrorDetails, type FieldError } from '../../platform/http/index.js';

export type UserErrorCode =
  | 'user_not_found'
  | 'not_yours_to_give'
  | 'email_taken'
  | 'username_taken'
  | 'telegram_id_taken'
  | 'last_admin'
  | 'account_closing'
  | 'account_erasing';

const DETAILS: Readonly<Record<UserErrorCode, ErrorDetails>> = {
  user_not_found: { kind: 'not_found', detail: 'There is no such user' },
  not_yours_to_give: {
    kind: 'forbidden',
    detail: 'Insufficient permissions: nobody gives or takes rights that they do not have',
  },
  email_taken: { kind: 'conflict', detail: 'An account with this email already exists' },
  username_taken: { kind: 'conflict', detail: 'An account with this username already exists' },
  telegram_id_taken: { kind: 'conflict', detail: 'An account with this telegram_id already exists' },
  last_admin: {
    kind: 'conflict',
    detail: 'The server needs at least one active admin; make somebody else an admin first',
  },
  account_closing: {
    kind: 'conflict',
    detail: 'The account is about to be erased; only its owner takes that back, by signing in',
  },
  account_erasing: { kind: 'conflict', detail: 'The account is being erased' },
};

export class UserError extends DomainError<UserErrorCode> {
  constructor(code: UserErrorCode, more: { errors?: readonly FieldError[] } = {}) {
    super(code, DETAILS[code], more);
  }
}
