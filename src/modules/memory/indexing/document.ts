import type { Micros } from '../../../platform/database/index.js';
import type { Turn } from '../conversations/conversation.entity.js';
import type { ContentLanguage, Memory } from '../memory.entity.js';
import { hasQuestion, saysNumber, saysTime } from '../search/ranking/index.js';

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

/** What holds or is in doubt, and what was told of the past. What gave way to something else is found by asking for its time. */
export const canBeFound = ({ status, supersededBy }: Memory): boolean =>
  status === 'live' || status === 'contested' || (status === 'superseded' && supersededBy === null);

/** What the ranking looks at in a text. */
const cuesOf = (content: string): Pick<Document, 'content' | 'hasQuestion' | 'saysTime' | 'saysNumber'> => ({
  content,
  hasQuestion: hasQuestion(content),
  saysTime: saysTime(content),
  saysNumber: saysNumber(content),
});

/** The text of a memory. */
export const memoryDocument = (memory: Memory): Document => ({
  ...cuesOf(memory.content),
  id: memory.documentId,
  familyId: memory.familyId,
  scopeId: memory.scopeId,
  type: 'memory',
  isLive: canBeFound(memory),
  itemId: memory.id,
  conversationId: null,
  personId: memory.subjectId,
  speaker: null,
  language: memory.language,
  afterQuestion: false,
  importance: memory.importance,
  confidence: memory.confidence,
  occurredAt: memory.validFrom ?? memory.createdAt,
});

/** What was said. @param id its place in the sitting; @param afterQuestion whether what was said before it asks something */
export const turnDocument = (turn: Turn, id: number, afterQuestion: boolean): Document => ({
  ...cuesOf(turn.content),
  id,
  familyId: turn.familyId,
  scopeId: turn.scopeId,
  type: 'turn',
  isLive: true,
  itemId: turn.id,
  conversationId: turn.conversationId,
  personId: turn.speakerId,
  speaker: turn.speaker,
  language: turn.language,
  afterQuestion,
  importance: 0.5,
  confidence: 1,
  occurredAt: turn.occurredAt,
});
