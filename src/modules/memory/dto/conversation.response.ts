import { isoOf } from '../../../platform/database/index.js';
import { ApiProperty } from '@nestjs/swagger';
import { sanitiseForDisplay } from '../content/index.js';
import { TURN_ROLES, type Conversation, type Turn, type TurnRole } from '../conversations/conversation.entity.js';
import { VISIBILITIES, type Visibility } from '../memory.entity.js';
import type { Sharing } from '../sharing/scopes.js';

const displayed = (text: string | null): string | null => (text === null ? null : sanitiseForDisplay(text));

export class ConversationResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ type: 'string', nullable: true })
  title!: string | null;

  @ApiProperty({ format: 'uuid' })
  owner_id!: string;

  @ApiProperty({ enum: VISIBILITIES })
  visibility!: Visibility;

  @ApiProperty({ type: [String], format: 'uuid' })
  audience!: readonly string[];

  @ApiProperty({ type: 'boolean', nullable: true, description: 'null: as the family has set' })
  extract!: boolean | null;

  @ApiProperty({ type: 'integer' })
  turn_count!: number;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export const toConversationResponse = (conversation: Conversation, sharing: Sharing): ConversationResponse => ({
  id: conversation.id,
  title: displayed(conversation.title),
  owner_id: conversation.ownerId,
  visibility: sharing.visibility,
  audience: sharing.audience,
  extract: conversation.extract,
  turn_count: conversation.turnCount,
  created_at: isoOf(conversation.createdAt),
  updated_at: isoOf(conversation.updatedAt),
});

export class TurnResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: ['turn'] })
  type!: 'turn';

  @ApiProperty({ format: 'uuid' })
  conversation_id!: string;

  @ApiProperty({ type: 'integer', example: 1 })
  turn_number!: number;

  @ApiProperty({ type: 'integer', example: 1, description: 'Sitting; a pause of six hours begins a new one' })
  session_number!: number;

  @ApiProperty({ enum: TURN_ROLES })
  role!: TurnRole;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true, description: 'The member who speaks' })
  speaker_id!: string | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'A name, where the speaker is no member' })
  speaker!: string | null;

  @ApiProperty()
  content!: string;

  @ApiProperty({ enum: ['en', 'es', 'simple'] })
  language!: string;

  @ApiProperty({ type: Object, additionalProperties: true })
  metadata!: Readonly<Record<string, unknown>>;

  @ApiProperty({ format: 'date-time' })
  occurred_at!: string;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;
}

export class TurnsResponse {
  @ApiProperty({ type: [TurnResponse] })
  data!: readonly TurnResponse[];
}

export const toTurnResponse = (turn: Turn): TurnResponse => ({
  id: turn.id,
  type: 'turn',
  conversation_id: turn.conversationId,
  turn_number: turn.turnNumber,
  session_number: turn.sessionNumber,
  role: turn.role,
  speaker_id: turn.speakerId,
  speaker: displayed(turn.speaker),
  content: sanitiseForDisplay(turn.content),
  language: turn.language,
  metadata: turn.metadata,
  occurred_at: isoOf(turn.occurredAt),
  created_at: isoOf(turn.createdAt),
});
