import { defineJob } from '../../../platform/jobs/index.js';

/** Mails that only tell what has happened. */
export type Notice = 'password_changed' | 'identities_changed' | 'session_copied' | 'account_handed_over';

/** Mails about an account; `email_change` tells the old address and then asks the new one. */
export type AccountMail = 'verify' | 'change' | 'reset' | 'email_change' | Notice;

/**
 * One mail. It is written when it is sent: a token is in no queue. Tried for about two hours, the first time again after
 * five seconds.
 */
export const SEND_MAIL = defineJob<{ mail: AccountMail; token_id: string | null; user_id: string | null }>({
  name: 'auth.mail',
  concurrency: 4,
  timeout: 60_000,
  retryLimit: 14,
  backoff: { base: 5000, max: 900_000 },
});
