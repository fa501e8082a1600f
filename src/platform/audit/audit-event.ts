/** Something that is kept in the audit log. It names by ids, and never holds what people wrote, nor a secret. */
export interface AuditEvent {
  /** Dotted, noun before verb: `auth.login`, `memory.read`. */
  readonly action: string;
  readonly outcome: 'success' | 'refused';
  /** Who did it; nobody where nobody is signed in, and in jobs. */
  readonly actorUserId?: string | null;
  /** Whose account or data it concerns, where that is one person: it appears in that person's own view. */
  readonly subjectUserId?: string | null;
  readonly familyId?: string | null;
  readonly targetType?: string;
  readonly targetId?: string;
  /** Ids, counts, roles, names of fields: see `checkDetails`. */
  readonly details?: AuditDetails;
}

export type AuditDetails = Readonly<Record<string, string | number | boolean>>;

const MOST_DETAILS = 16;
const LONGEST_DETAIL = 200;
const NAME = /^[a-z][a-z0-9_]{0,39}$/;
/** What nobody may put into an event, not even by mistake. */
const FORBIDDEN = /password|secret|token|hash|cookie|authorization|(^|_)(code|pin|key|email|phone|content|query|text)$/;

/**
 * Details as they are stored: few, flat and short.
 * @throws RangeError for too many of them, a bad name, one that speaks of secrets or contents, and a number that is none
 */
export function checkDetails(details: AuditDetails): AuditDetails {
  const entries = Object.entries(details);
  if (entries.length > MOST_DETAILS) throw new RangeError(`an event has at most ${String(MOST_DETAILS)} details`);
  for (const [name, value] of entries) {
    if (!NAME.test(name)) throw new RangeError(`not a name of a detail: ${name}`);
    if (FORBIDDEN.test(name)) throw new RangeError(`${name} does not belong into the audit log`);
    if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${name} is not a number`);
  }
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? bounded(value, LONGEST_DETAIL) : value]),
  );
}

/** A text from outside, as one line of at most so many characters that every database takes. */
export const bounded = (text: string, length: number): string =>
  text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .slice(0, length)
    .toWellFormed();

/** The fields of an event that somebody signed in brings about, where it succeeds. */
export const by = (
  actor: { readonly userId: string; readonly familyId: string | null },
  action: string,
): Pick<AuditEvent, 'action' | 'outcome' | 'actorUserId' | 'familyId'> => ({
  action,
  outcome: 'success',
  actorUserId: actor.userId,
  familyId: actor.familyId,
});
