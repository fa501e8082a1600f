/** What is known of a presented refresh token and its session, read under the session's lock. */
export interface RefreshState {
  readonly isSessionLive: boolean;
  /** When the token was replaced by its successor; null while it is the current one. */
  readonly replacedAt: Date | null;
  /** Whether the successor has been replaced in turn, that is, used. */
  readonly isSuccessorUsed: boolean;
}

export type RefreshDecision = 'rotate' | 'repeat' | 'reuse' | 'ended';

/**
 * Refresh token rotation with reuse detection (RFC 9700, section 4.14.2), with a grace for lost answers and second tabs:
 * the token one step behind gets the same successor again while that is unused. Anything else is reuse.
 * @param grace seconds
 */
export function decideRefresh(state: RefreshState, now: Date, grace: number): RefreshDecision {
  if (!state.isSessionLive) return 'ended';
  if (state.replacedAt === null) return 'rotate';
  const isRecent = now.getTime() - state.replacedAt.getTime() <= grace * 1000;
  return isRecent && !state.isSuccessorUsed ? 'repeat' : 'reuse';
}

/** Seconds after a sign-in within which the ways into an account may be changed: a session that was left open may not. */
export const FRESH_SIGN_IN = 900;

/** Whether somebody signed in so lately that it is surely still them. */
export const isFreshSignIn = (signedInAt: Date, now: Date): boolean =>
  now.getTime() - signedInAt.getTime() <= FRESH_SIGN_IN * 1000;

/**
 * When a session ends that is used now and then no more; never later than its absolute end, counted from the sign-in.
 * @param lives in seconds
 */
export function sessionEnd(
  session: { createdAt: Date; rememberMe: boolean },
  now: Date,
  lives: { refreshTokenTtl: number; rememberMeTtl: number; sessionMaxAge: number },
): Date {
  const unused = now.getTime() + (session.rememberMe ? lives.rememberMeTtl : lives.refreshTokenTtl) * 1000;
  return new Date(Math.min(unused, session.createdAt.getTime() + lives.sessionMaxAge * 1000));
}

export type RegistrationPath = 'first' | 'invitation' | 'found';
export type RegistrationRefusal = 'registration_closed' | 'invitation_required' | 'setup_token_required';

/** How somebody may register: as the first of all, by an invitation, or with a new family. */
export function decideRegistration(asked: {
  isEmptyServer: boolean;
  maySetUp: boolean;
  mode: 'invite' | 'open' | 'closed';
  hasInvitation: boolean;
}): RegistrationPath | RegistrationRefusal {
  if (asked.isEmptyServer) return asked.maySetUp ? 'first' : 'setup_token_required';
  if (asked.mode === 'closed') return 'registration_closed';
  if (asked.hasInvitation) return 'invitation';
  return asked.mode === 'open' ? 'found' : 'invitation_required';
}
