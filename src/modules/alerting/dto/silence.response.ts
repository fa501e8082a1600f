import { ApiProperty } from '@nestjs/swagger';
import { MATCHER_OPERATORS } from '../delivery/index.js';
import { stateOf } from '../silences/silence.policy.js';
import type { SilenceRow } from '../silences/silences.repository.js';

const SILENCE_STATES = ['pending', 'active', 'expired'] as const;

/** One condition on a label. */
export class MatcherResponse {
  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: MATCHER_OPERATORS })
  operator!: string;

  @ApiProperty()
  value!: string;
}

/** Alerts of which nobody is told for a while. */
export class SilenceResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: SILENCE_STATES })
  state!: (typeof SILENCE_STATES)[number];

  @ApiProperty({ type: [MatcherResponse] })
  matchers!: readonly MatcherResponse[];

  @ApiProperty()
  comment!: string;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true, description: 'Whose; null when they are gone' })
  created_by!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  starts_at!: string;

  @ApiProperty({ format: 'date-time' })
  ends_at!: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'When it was ended early' })
  expired_at!: string | null;
}

export const toSilenceResponse = (row: SilenceRow, now = Date.now()): SilenceResponse => ({
  id: row.id,
  state: stateOf(
    {
      startsAt: row.starts_at.getTime(),
      endsAt: row.ends_at.getTime(),
      expiredAt: row.expired_at?.getTime(),
    },
    now,
  ),
  matchers: row.matchers,
  comment: row.comment,
  created_by: row.created_by,
  created_at: row.created_at.toISOString(),
  starts_at: row.starts_at.toISOString(),
  ends_at: row.ends_at.toISOString(),
  expired_at: row.expired_at?.toISOString() ?? null,
});
