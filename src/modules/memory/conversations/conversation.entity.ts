import type { Micros } from '../../../platform/database/index.js';
import type { ContentLanguage } from '../memory.entity.js';

/** A conversation: what is said in it is numbered from 1 without gaps. */
export interface Conversation {
  readonly id: string;
  readonly familyId: string;
  readonly scopeId: string;
  readonly ownerId: string;
  readonly title: string | null;
  /** Whether facts are read from its turns; null: as the family has set. */
  readonly extract: boolean | null;
  readonly turnCount: number;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
}

export const TURN_ROLES = ['user', 'assistant'] as const;
export type TurnRole = (typeof TURN_ROLES)[number];

/** What somebody said, word by word; never rewritten. */
export interface Turn {
  readonly id: string;
  readonly familyId: string;
  readonly scopeId: string;
  readonly conversationId: string;
  readonly turnNumber: number;
  /** Sittings of a conversation, from 1: a pause of six hours begins a new one. */
  readonly sessionNumber: number;
  readonly authorId: string;
  readonly speakerId: string | null;
  /** A name, where the speaker is no member. */
  readonly speaker: string | null;
  readonly role: TurnRole;
  readonly content: string;
  readonly language: ContentLanguage;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly occurredAt: Micros;
  readonly createdAt: Micros;
}
