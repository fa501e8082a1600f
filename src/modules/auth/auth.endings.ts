import type { Ending } from '../../platform/probes/index.js';

/**
 * Ways in of before a restore. People sign in again, and a parent approves the device of a child: it may have been lost
 * since. Proofs of Telegram stay, for they say what was used already. API keys stay: programs know no password.
 */
export const AUTH_ENDINGS: readonly Ending[] = [
  {
    name: 'sessions',
    table: 'sessions',
    // Those that have ended by themselves, too: a clock that is ahead today may be right tomorrow.
    statement: `UPDATE public.sessions SET revoked_at = now(), revoked_reason = 'revoked' WHERE revoked_at IS NULL`,
  },
  {
    name: 'devices',
    table: 'devices',
    statement: 'UPDATE public.devices SET locked_at = now() WHERE locked_at IS NULL',
  },
  { name: 'device_codes', table: 'device_codes', statement: 'DELETE FROM public.device_codes' },
  { name: 'mail_links', table: 'mail_tokens', statement: 'DELETE FROM public.mail_tokens' },
  { name: 'pending_sign_ins', table: 'sign_in_flows', statement: 'DELETE FROM public.sign_in_flows' },
];
