/** What is known when somebody comes from a provider. */
export interface Arrival {
  /** Whether the issuer and subject belong to an account already. */
  readonly isKnown: boolean;
  readonly hasVerifiedEmail: boolean;
  /** The account here with the same email. */
  readonly account: {
    readonly isEmailVerified: boolean;
    /** Whether another account of the same issuer is linked to it. */
    readonly hasOtherOfIssuer: boolean;
  } | null;
}

export type ArrivalDecision =
  'sign_in' | 'link' | 'take_over' | 'create' | 'link_required' | 'provider_email_unverified';

/**
 * Who somebody is here. By issuer and subject, never by email; an email only brings together what both sides have
 * verified, and not where another subject of the same issuer is linked: an address may have been given to somebody else
 * (OpenID Connect Core, section 5.7). An email that nobody has proved here keeps its owner out of nothing: the account is
 * theirs from now on, without whatever opened it before.
 */
export function decideArrival({ isKnown, hasVerifiedEmail, account }: Arrival): ArrivalDecision {
  if (isKnown) return 'sign_in';
  // Said before anything about accounts here: whoever claims an email learns nothing of its owner.
  if (!hasVerifiedEmail) return 'provider_email_unverified';
  if (!account) return 'create';
  if (!account.isEmailVerified) return 'take_over';
  return account.hasOtherOfIssuer ? 'link_required' : 'link';
}

/** Whether taking one identity away would leave no way into the account. */
export const losesLastWayIn = (left: { hasPassword: boolean; otherIdentities: number }): boolean =>
  !left.hasPassword && left.otherIdentities === 0;
