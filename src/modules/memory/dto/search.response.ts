import { ApiProperty } from '@nestjs/swagger';
import { VISIBILITIES, type Visibility } from '../memory.entity.js';

/** Something that was found: a memory or a turn. */
export class FoundResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: ['memory', 'turn'] })
  type!: 'memory' | 'turn';

  @ApiProperty()
  content!: string;

  @ApiProperty({ minimum: 0, maximum: 1, description: 'Compared with what else came up' })
  score!: number;

  @ApiProperty({
    required: false,
    type: Object,
    additionalProperties: { type: 'number' },
    description: 'With `explain`: what each feature added to the logarithm of the odds',
  })
  scores?: Readonly<Record<string, number>>;

  @ApiProperty({ format: 'date-time', description: 'When it was said, or from when it is true' })
  occurred_at!: string;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true, description: 'Whom it is about, or who speaks' })
  subject_id!: string | null;

  @ApiProperty({ format: 'uuid' })
  owner_id!: string;

  @ApiProperty({ enum: VISIBILITIES })
  visibility!: Visibility;

  @ApiProperty({ type: Object, additionalProperties: true })
  metadata!: Readonly<Record<string, unknown>>;

  @ApiProperty({ required: false, description: 'Of a memory' })
  kind?: string;

  @ApiProperty({ required: false, description: 'Of a memory' })
  status?: string;

  @ApiProperty({ required: false, type: 'string', format: 'date-time', nullable: true, description: 'Of a memory' })
  valid_from?: string | null;

  @ApiProperty({ required: false, type: 'string', format: 'date-time', nullable: true, description: 'Of a memory' })
  valid_to?: string | null;

  @ApiProperty({ required: false, type: [String], description: 'Of a memory' })
  tags?: readonly string[];

  @ApiProperty({ required: false, format: 'uuid', description: 'Of a turn' })
  conversation_id?: string;

  @ApiProperty({ required: false, type: 'integer', description: 'Of a turn' })
  turn_number?: number;

  @ApiProperty({ required: false, description: 'Of a turn' })
  role?: string;

  @ApiProperty({ required: false, type: 'string', nullable: true, description: 'Of a turn, where it is no member' })
  speaker?: string | null;
}

export class SearchResponse {
  @ApiProperty({ type: [FoundResponse] })
  results!: readonly FoundResponse[];

  @ApiProperty({ description: 'Milliseconds' })
  took_ms!: number;
}
