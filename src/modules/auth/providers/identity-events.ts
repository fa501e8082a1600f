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

/** Whose account it would have been is not known, or not proved. */
export const refused = (provider: string, isLink: boolean, reason: string): AuditEvent => ({
  action: isLink ? 'identity.link' : 'auth.login',
  outcome: 'refused',
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

/** An account whose email was a mere claim went to the owner of the email. */
export const takenOver = (provider: string, userId: string): AuditEvent => ({
  action: 'account.take_over',
  outcome: 'success',
  actorUserId: userId,
  subjectUserId: userId,
  details: { method: provider },
});
