import { DomainError, type ErrorDetails, type FieldError } from '../../platform/http/index.js';

export type PrivacyErrorCode =
  | 'export_not_found'
  | 'export_not_ready'
  | 'export_failed'
  | 'receipt_not_found'
  | 'last_parent_of_others'
  | 'member_without_account'
  | 'not_decided_by_parents';

const DETAILS: Readonly<Record<PrivacyErrorCode, ErrorDetails>> = {
  export_not_found: { kind: 'not_found', detail: 'There is no such copy of your data, or it has expired' },
  export_not_ready: { kind: 'conflict', detail: 'The copy of your data is still being made' },
  export_failed: { kind: 'conflict', detail: 'The copy of your data could not be made; ask for another' },
  receipt_not_found: { kind: 'not_found', detail: 'There is no such receipt' },
  member_without_account: { kind: 'conflict', detail: 'The member has no account, only a profile' },
  not_decided_by_parents: {
    kind: 'conflict',
    detail:
      'Parents decide over the account of a child that has never belonged to another family, and over a copy where it kept nothing from them',
  },
  last_parent_of_others: {
    kind: 'conflict',
    detail:
      'Others in a family of yours would be left without a parent: make somebody else a parent first, or choose to erase the family',
  },
};

export class PrivacyError extends DomainError<PrivacyErrorCode> {
  constructor(code: PrivacyErrorCode, more: { errors?: readonly FieldError[]; retryAfter?: number } = {}) {
    super(code, DETAILS[code], more);
  }
}
