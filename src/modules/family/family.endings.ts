import type { Ending } from '../../platform/probes/index.js';

/** An invitation that was withdrawn since would let somebody in, perhaps as a parent. */
export const FAMILY_ENDINGS: readonly Ending[] = [
  {
    name: 'invitations',
    table: 'invitations',
    statement: 'DELETE FROM public.invitations WHERE accepted_at IS NULL',
  },
];
