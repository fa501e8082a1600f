import type { Micros } from '../../../platform/database/index.js';
import { fold } from '../fold.js';
import { createHash } from 'node:crypto';
import { contentHash } from '../content/index.js';
import type { Polarity, Statement } from '../facts/index.js';
import type { Authority, Cardinality, ContentLanguage } from '../memory.entity.js';

/** What a text says of somebody under a predicate of the catalogue. */
export interface Claim {
  readonly subjectId: string;
  readonly predicate: string;
  readonly object: string;
  readonly objectKey: string;
  readonly cardinality: Cardinality;
  readonly polarity: Polarity;
  readonly validFrom: Micros | null;
  readonly validTo: Micros | null;
}

/** Something to be remembered, understood but not yet compared with what is known. */
export interface Draft {
  readonly familyId: string;
  readonly scopeId: string;
  readonly ownerId: string;
  readonly authorId: string;
  readonly subjectId: string | null;
  readonly kind: string;
  readonly content: string;
  readonly language: ContentLanguage;
  readonly claim: Claim | null;
  readonly authority: Authority;
  readonly importance: number;
  readonly confidence: number;
  readonly validFrom: Micros | null;
  readonly validTo: Micros | null;
  readonly saidAt: Micros;
  readonly sourceTurnIds: readonly string[];
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Whether it was read from a conversation, or beside another draft: then its words are kept elsewhere. */
  readonly isDerived: boolean;
}

/** Equal for what is the same said again: the same words about the same person, by the same author where nobody understood them. */
export function sameness({ content, claim, subjectId, authorId, isDerived }: Draft): string {
  const about = claim ? `${claim.subjectId} ${claim.polarity}` : `${authorId} ${subjectId ?? ''}`;
  const part = claim && isDerived ? `${claim.predicate} ${claim.objectKey}` : '';
  return createHash('sha256')
    .update(`${contentHash(content)} ${about} ${part}`)
    .digest('hex');
}

/** Where a draft may change something: in its own scope, and in what its owner alone knows. Nobody else learns of it there. */
export const scopesOf = ({ scopeId, ownerId, authorId }: Draft): string[] =>
  scopeId !== ownerId && ownerId === authorId ? [scopeId, ownerId] : [scopeId];

const words = (text: string): Set<string> => new Set(fold(text).match(/[\p{L}\p{N}]{4,}/gu));

/** A few other words are another way to say it; more of them say more. */
const OTHER_WORDS = 2;

/** Whether a text tells nothing but the claim that another one made already. */
export function isParaphrase(content: string, known: string, { object }: Pick<Claim, 'object'>): boolean {
  const told = new Set([...words(known), ...words(object)]);
  return [...words(content)].filter((word) => !told.has(word)).length <= OTHER_WORDS;
}

/** Claims of a text about members; what it says of others is no fact of the family. */
export function claimsOf(
  statements: readonly Statement[],
  cardinalityOf: (predicate: string) => Cardinality | undefined,
): { readonly claim: Claim; readonly span: string; readonly confidence: number }[] {
  return statements.flatMap(({ subjectId, validFrom, validTo, confidence, span, ...statement }) => {
    const cardinality = cardinalityOf(statement.predicate);
    if (subjectId === null || cardinality === undefined) return [];
    const claim: Claim = {
      subjectId,
      predicate: statement.predicate,
      object: statement.object,
      objectKey: statement.objectKey,
      polarity: statement.polarity,
      cardinality,
      validFrom: validFrom ? validFrom.getTime() * 1000 : null,
      validTo: validTo ? validTo.getTime() * 1000 : null,
    };
    return [{ claim, span, confidence }];
  });
}
