import { describe, expect, it } from '@jest/globals';
import { decideArrival, losesLastWayIn, type ArrivalDecision } from './identities.policy.js';

describe('decideArrival', () => {
  const verified = { isEmailVerified: true, hasOtherOfIssuer: false };

  it.each<[string, Parameters<typeof decideArrival>[0], ArrivalDecision]>([
    ['a known identity signs in', { isKnown: true, hasVerifiedEmail: true, account: verified }, 'sign_in'],
    ['also without a verified email', { isKnown: true, hasVerifiedEmail: false, account: null }, 'sign_in'],
    ['both sides verified', { isKnown: false, hasVerifiedEmail: true, account: verified }, 'link'],
    ['nobody has the email', { isKnown: false, hasVerifiedEmail: true, account: null }, 'create'],
    [
      'the account has not verified it',
      { isKnown: false, hasVerifiedEmail: true, account: { ...verified, isEmailVerified: false } },
      'take_over',
    ],
    [
      'the account has not verified it, and who made it has linked another subject of the issuer',
      { isKnown: false, hasVerifiedEmail: true, account: { isEmailVerified: false, hasOtherOfIssuer: true } },
      'take_over',
    ],
    [
      'another subject of the issuer is linked',
      { isKnown: false, hasVerifiedEmail: true, account: { ...verified, hasOtherOfIssuer: true } },
      'link_required',
    ],
    [
      'the provider has not, and there is an account',
      { isKnown: false, hasVerifiedEmail: false, account: verified },
      'provider_email_unverified',
    ],
    [
      'the provider has not, and there is none: the same answer',
      { isKnown: false, hasVerifiedEmail: false, account: null },
      'provider_email_unverified',
    ],
  ])('%s', (_title, arrival, decision) => {
    expect(decideArrival(arrival)).toBe(decision);
  });
});

describe('losesLastWayIn', () => {
  it('only without a password and without another identity', () => {
    expect(losesLastWayIn({ hasPassword: false, otherIdentities: 0 })).toBe(true);
    expect(losesLastWayIn({ hasPassword: true, otherIdentities: 0 })).toBe(false);
    expect(losesLastWayIn({ hasPassword: false, otherIdentities: 1 })).toBe(false);
  });
});
