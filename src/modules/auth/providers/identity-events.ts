import type { AuditEvent } from '../../../platform/audit/index.js';
import type { Identity } from './identity.entity.js';

/** What the audit log keeps of sign-ins by a provider and of identities. */

export const signedIn = (provider: string, userId: string, sessionId: string): AuditEvent => ({
  action: 'auth.login',
  outcome: 'success',
  actorUserId: userId,
  subjectUserId: userId,
  targetType: 'session',
  targetId: sessionId,
  details: { method: provider },
});

/** @param userId whose account it was about, where a session or the proof of the provider tells */
export const refused = (provider: string, isLink: boolean, reason: string, userId: string | null): AuditEvent => ({
  action: isLink ? 'identity.link' : 'auth.login',
  outcome: 'refused',
  subjectUserId: userId,
  details: { method: provider, reason },
});

export const changed = (
  action: 'identity.link' | 'identity.unlink',
  { id, userId, provider }: Identity,
): AuditEvent => ({
  action,
  outcome: 'success',
  actorUserId: userId,
  subjectUserId: userId,
  targetType: 'identity',
  targetId: id,
  details: { provider },
});

/** Linking has proved the email of the account, too. */
export const emailProved = (provider: string, userId: string): AuditEvent => ({
  action: 'auth.email_verify',
  outcome: 'success',
  actorUserId: userId,
  subjectUserId: userId,
  details: { method: provider },
});

/** An account whose email was a mere claim went to the owner of the email. */
export const takenOver = (provider: string, userId: string): AuditEvent => ({
  action: 'account.take_over',
  outcome: 'success',
  actorUserId: userId,
  subjectUserId: userId,
  details: { method: provider },
});
