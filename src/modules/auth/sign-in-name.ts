import { createHash } from 'node:crypto';
import { fieldError } from '../../platform/http/index.js';
import type { SignInName } from '../users/index.js';

export interface NameFields {
  readonly email?: string | undefined;
  readonly username?: string | undefined;
  readonly telegram_id?: number | undefined;
}

/** An email as it is compared: NFKC (a full-width ＠ becomes @), trimmed, lower case. */
export const normaliseEmail = (email: string): string => email.normalize('NFKC').trim().toLowerCase();

/**
 * The one name that a sign-in gives. OAuth2 forms have only `username`, so there it may be any of the three; usernames
 * begin with a letter and have no @, so it is always clear which.
 * @throws DomainError 400 when there is none or more than one
 */
export function signInNameOf({ email, username, telegram_id }: NameFields): SignInName {
  const given = [email, username, telegram_id].filter((name) => name !== undefined);
  if (given.length !== 1) throw fieldError('email', 'give exactly one of email, username and telegram_id');
  if (email !== undefined) return { email: normaliseEmail(email) };
  if (telegram_id !== undefined) return { telegramId: telegram_id };
  const name = normaliseEmail(username ?? '');
  if (name.includes('@')) return { email: name };
  return /^\d{1,15}$/.test(name) ? { telegramId: Number(name) } : { username: name };
}

/** The name for counting failures, as a hash: it stands in Redis, and people type passwords where names belong. */
export const nameKey = (name: SignInName): string =>
  createHash('sha256').update(Object.entries(name).join()).digest('base64url');
