import type { Micros } from '../../../platform/database/index.js';
import type { ContentLanguage } from '../memory.entity.js';

/** Places in a sitting: what is said there has numbers that follow one another, and no two sittings share any. */
export const SITTING = 65_536;

/** A text to be found: a turn, or one content of a memory. */
export interface Document {
  /** Number of the sitting times `SITTING`, plus the place in it. A memory is a sitting of its own. */
  readonly id: number;
  readonly familyId: string;
  readonly scopeId: string;
  readonly type: 'memory' | 'turn';
  readonly isLive: boolean;
  /** The turn or the memory. */
  readonly itemId: string;
  readonly conversationId: string | null;
  /** Who speaks, or whom it is about; `speaker` is a name where that is no member. */
  readonly personId: string | null;
  readonly speaker: string | null;
  readonly language: ContentLanguage;
  readonly content: string;
  /** What the ranking looks at: see `search/ranking`. */
  readonly hasQuestion: boolean;
  readonly afterQuestion: boolean;
  readonly saysTime: boolean;
  readonly saysNumber: boolean;
  readonly importance: number;
  readonly confidence: number;
  readonly occurredAt: Micros;
}
