import { DomainError, type ErrorDetails, type FieldError } from '../../platform/http/index.js';

export type FamilyErrorCode =
  | 'no_family'
  | 'family_not_found'
  | 'member_not_found'
  | 'profile_not_found'
  | 'not_allowed_for_role'
  | 'not_allowed_for_key'
  | 'last_parent'
  | 'already_member'
  | 'member_telegram_id_taken'
  | 'role_age_mismatch'
  | 'adult_elsewhere'
  | 'invitation_invalid'
  | 'invitation_not_found'
  | 'invitation_used'
  | 'member_has_account'
  | 'too_many_families'
  | 'too_many_invitations';

const DETAILS: Readonly<Record<FamilyErrorCode, ErrorDetails>> = {
  no_family: { kind: 'not_found', detail: 'You belong to no family (yet)' },
  family_not_found: { kind: 'not_found', detail: 'There is no such family' },
  member_not_found: { kind: 'not_found', detail: 'There is no such member' },
  profile_not_found: { kind: 'not_found', detail: 'There is no such profile' },
  not_allowed_for_role: {
    kind: 'forbidden',
    detail: 'Insufficient permissions: your role in the family does not allow this',
  },
  not_allowed_for_key: {
    kind: 'forbidden',
    detail: 'Insufficient permissions: an API key gives nobody a role',
  },
  last_parent: {
    kind: 'conflict',
    detail: 'A family needs at least one parent who can sign in; make somebody else a parent first',
  },
  already_member: { kind: 'conflict', detail: 'This account already exists in the family' },
  member_telegram_id_taken: { kind: 'conflict', detail: 'A member with this telegram_id already exists in the family' },
  role_age_mismatch: { kind: 'impossible', detail: 'The role does not fit the age group' },
  adult_elsewhere: {
    kind: 'conflict',
    detail: 'This person is an adult in another family; they can leave this one, but be made no minor',
  },
  invitation_invalid: { kind: 'not_found', detail: 'The invitation does not exist, was used, or has expired' },
  invitation_not_found: { kind: 'not_found', detail: 'There is no such invitation' },
  invitation_used: { kind: 'conflict', detail: 'The invitation has been accepted already' },
  too_many_families: { kind: 'conflict', detail: 'You are a parent in as many families as one may found' },
  too_many_invitations: {
    kind: 'conflict',
    detail: 'Too many invitations of the family are open; take one back first',
  },
  member_has_account: { kind: 'conflict', detail: 'This member already signs in with an account' },
};

export class FamilyError extends DomainError<FamilyErrorCode> {
  constructor(code: FamilyErrorCode, more: { errors?: readonly FieldError[] } = {}) {
    super(code, DETAILS[code], more);
  }
}
