import { type Polarity } from './facts.types.js';
import { compareObjects } from './objects.js';
import { PREDICATES } from './predicates.js';

/** Who knows best: oneself, then a parent, then others. */
export type Authority = 'self' | 'parent' | 'other';
const RANK: Readonly<Record<Authority, number>> = { self: 3, parent: 2, other: 1 };

/** A value that is held to be true of one subject and predicate, or is contested. */
export interface LiveFact {
  readonly id: string;
  readonly predicate: string;
  readonly objectKey: string;
  readonly polarity?: Polarity;
  /** Null: nobody said since when; it counts from `recordedAt`. */
  readonly validFrom: Date | null;
  /** Null: until further notice. */
  readonly validTo: Date | null;
  readonly recordedAt: Date;
  readonly authority: Authority;
  readonly evidenceCount: number;
  readonly status: 'live' | 'contested';
}

/** A statement with who makes it and when; see `Statement`. */
export interface Incoming {
  readonly subjectId: string | null;
  /** Null or unknown to the catalogue: free content, which contradicts nothing. */
  readonly predicate: string | null;
  readonly objectKey: string;
  readonly polarity: Polarity;
  readonly validFrom?: Date | null;
  readonly validTo?: Date | null;
  readonly authority: Authority;
  readonly saidAt: Date;
}

export type Reason =
  | 'new_value'
  | 'same_value'
  | 'more_exact'
  | 'less_exact'
  | 'later_wins'
  | 'corrected'
  | 'settled'
  | 'lower_authority'
  | 'same_instant'
  | 'back_dated'
  | 'past_value'
  | 'ended'
  | 'denied'
  | 'nothing_to_end'
  | 'ended_before'
  | 'event'
  | 'no_subject'
  | 'no_predicate';

/** What to do with a row that is there; rows are never deleted. */
export type Change =
  /** Said again: one more piece of evidence. */
  | { readonly id: string; readonly kind: 'confirm' }
  /** True until `validTo`. */
  | { readonly id: string; readonly kind: 'close'; readonly validTo: Date }
  /** Was never so: only its recorded time ends. */
  | { readonly id: string; readonly kind: 'retract' }
  /** Its recorded time ends, the inserted row takes its place with its validity and evidence. */
  | { readonly id: string; readonly kind: 'replace' }
  | { readonly id: string; readonly kind: 'contest' }
  | { readonly id: string; readonly kind: 'settle' };

export interface Insert {
  readonly validFrom: Date | null;
  readonly validTo: Date | null;
  readonly status: 'live' | 'contested' | 'past';
  readonly supersedesId: string | null;
}

export type Outcome =
  'inserted' | 'confirmed' | 'refined' | 'superseded' | 'contested' | 'history' | 'ended' | 'retracted' | 'ignored';

/** What a statement does to what is known. */
export interface Decision {
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly insert: Insert | null;
  readonly changes: readonly Change[];
}

const decide = (
  outcome: Outcome,
  reason: Reason,
  insert: Insert | null = null,
  changes: readonly Change[] = [],
): Decision => ({ outcome, reason, insert, changes });
const DAY = 86_400_000;

/**
 * How a statement meets the live values of its subject and predicate (others in `live` are left alone): pure, total, and
 * never deleting. The later valid-from wins unless somebody with less authority says it; whoever says the same again only
 * adds evidence; what is unclear stays side by side, contested.
 */
export function resolve(incoming: Incoming, live: readonly LiveFact[]): Decision {
  const definition = incoming.predicate === null ? undefined : PREDICATES.get(incoming.predicate);
  if (!definition) return decide('ignored', 'no_predicate');
  if (incoming.subjectId === null) return decide('ignored', 'no_subject');
  const rows = live.filter((row) => row.predicate === definition.name && (row.polarity ?? 'asserts') === 'asserts');
  if (incoming.polarity !== 'asserts') return withdraw(incoming, rows);
  if (definition.cardinality === 'event') return happened(incoming, rows);
  const past = incoming.validTo && incoming.validTo <= incoming.saidAt;
  const current = rows.filter((row) => !row.validTo || row.validTo > incoming.saidAt);
  const alike = current.find(
    (row) => compareObjects(definition.name, incoming.objectKey, row.objectKey) !== 'different',
  );
  if (past) return inThePast(incoming, current, definition.cardinality === 'functional', alike);
  if (alike) return again(incoming, alike, current);
  if (definition.cardinality === 'multi' || current.length === 0)
    return decide('inserted', 'new_value', open(incoming));
  return contradict(incoming, current);
}

const open = (incoming: Incoming, status: Insert['status'] = 'live', supersedesId: string | null = null): Insert => ({
  validFrom: incoming.validFrom ?? null,
  validTo: incoming.validTo ?? null,
  status,
  supersedesId,
});

/** What was said later than the statement, which somebody brings late, knows better. */
const isLater = (row: LiveFact, { saidAt }: Incoming): boolean => row.recordedAt > saidAt;
const isImmutable = (row: LiveFact): boolean => PREDICATES.get(row.predicate)?.immutable === true;
const startOf = (row: LiveFact): Date => row.validFrom ?? row.recordedAt;

function again(incoming: Incoming, row: LiveFact, current: readonly LiveFact[]): Decision {
  const predicate = row.predicate;
  const likeness = compareObjects(predicate, incoming.objectKey, row.objectKey);
  // Somebody who may decide has spoken once more: the other side of a dispute loses.
  const rivals =
    row.status === 'contested' && PREDICATES.get(predicate)?.cardinality === 'functional'
      ? current.filter((other) => other !== row)
      : [];
  const settles =
    row.status === 'contested' &&
    rivals.every((rival) => RANK[incoming.authority] >= RANK[rival.authority] && !isLater(rival, incoming)) &&
    RANK[incoming.authority] >= RANK[row.authority];
  const changes: Change[] = settles
    ? [
        { id: row.id, kind: 'settle' },
        ...rivals.map((rival): Change => closing(rival, incoming.validFrom ?? incoming.saidAt)),
      ]
    : [];
  const since = isSooner(incoming, row) && likeness !== 'coarser' ? (incoming.validFrom ?? null) : row.validFrom;
  if (likeness === 'finer' || since !== row.validFrom) {
    const insert: Insert = {
      validFrom: since,
      validTo: row.validTo,
      status: settles ? 'live' : row.status,
      supersedesId: row.id,
    };
    return decide('refined', 'more_exact', insert, [
      { id: row.id, kind: 'replace' },
      ...changes.filter(({ id }) => id !== row.id),
    ]);
  }
  return decide('confirmed', settles ? 'settled' : likeness === 'equal' ? 'same_value' : 'less_exact', null, [
    { id: row.id, kind: 'confirm' },
    ...changes,
  ]);
}

/** Whether a statement says since when, and that is before a value was noted without it. */
const isSooner = ({ validFrom, authority }: Incoming, row: LiveFact): boolean =>
  row.validFrom === null && !!validFrom && validFrom < row.recordedAt && RANK[authority] >= RANK[row.authority];

function contradict(incoming: Incoming, current: readonly LiveFact[]): Decision {
  const start = incoming.validFrom ?? incoming.saidAt;
  const [strongest] = [...current].sort(
    (a, b) => RANK[b.authority] - RANK[a.authority] || startOf(b).getTime() - startOf(a).getTime(),
  );
  if (!strongest) return decide('inserted', 'new_value', open(incoming));
  const contested = (reason: Reason): Decision =>
    decide(
      'contested',
      reason,
      open(incoming, 'contested'),
      current.map(({ id }): Change => ({ id, kind: 'contest' })),
    );
  const rank = RANK[incoming.authority] - RANK[strongest.authority];
  if (isImmutable(strongest)) return correct(incoming, current, strongest, contested);
  const later = current.filter((row) => isLater(row, incoming));
  if (later.length > 0) return belated(incoming, later);
  if (rank < 0) return contested('lower_authority');
  if (strongest.validFrom && start < strongest.validFrom) {
    // What was so before the present value came belongs into history.
    return decide('history', 'back_dated', {
      validFrom: incoming.validFrom ?? null,
      validTo: strongest.validFrom,
      status: 'past',
      supersedesId: null,
    });
  }
  const same = start.getTime() === startOf(strongest).getTime();
  if (same && rank === 0) return contested('same_instant');
  const changes = current.map((row) => closing(row, start));
  const corrects = changes.some(({ kind }) => kind === 'retract');
  const insert: Insert = { ...open(incoming, 'live', strongest.id), validFrom: start };
  return decide('superseded', corrects ? 'corrected' : 'later_wins', insert, changes);
}

/** A statement of old, brought after what was said since: history up to that, and never the present. */
function belated(incoming: Incoming, later: readonly LiveFact[]): Decision {
  const end = new Date(Math.min(...later.map((row) => startOf(row).getTime())));
  if ((incoming.validFrom ?? incoming.saidAt) >= end) return decide('ignored', 'back_dated');
  return decide('history', 'back_dated', { ...open(incoming, 'past'), validTo: end });
}

/** What never changes was noted wrongly before, if somebody says so who may; a day without its year is no better one. */
function correct(
  incoming: Incoming,
  current: readonly LiveFact[],
  strongest: LiveFact,
  contested: (reason: Reason) => Decision,
): Decision {
  const rank = RANK[incoming.authority] - RANK[strongest.authority];
  const isLate = current.some((row) => isLater(row, incoming));
  if (rank < 0) return isLate ? decide('ignored', 'back_dated') : contested('lower_authority');
  if (isLate) return rank > 0 ? contested('back_dated') : decide('ignored', 'back_dated');
  if (rank === 0 && incoming.saidAt.getTime() === strongest.recordedAt.getTime()) return contested('same_instant');
  const isYearless = (key: string): boolean => key.startsWith('--');
  if (current.some((row) => isYearless(row.objectKey) !== isYearless(incoming.objectKey)))
    return contested('less_exact');
  const changes = current.map(({ id }): Change => ({ id, kind: 'retract' }));
  return decide('superseded', 'corrected', open(incoming, 'live', strongest.id), changes);
}

/** A value ends where its successor starts; one that would end before it began was a mistake. */
const closing = (row: LiveFact, at: Date): Change =>
  startOf(row) < at && !isImmutable(row) ? { id: row.id, kind: 'close', validTo: at } : { id: row.id, kind: 'retract' };

function inThePast(
  incoming: Incoming,
  current: readonly LiveFact[],
  functional: boolean,
  alike: LiveFact | undefined,
): Decision {
  const [from, to] = [incoming.validFrom ?? null, incoming.validTo ?? null];
  const finished = alike && to ? finish(incoming, alike, to) : null;
  if (finished) return finished;
  // The stretch lies within what is held true anyway.
  if (
    alike &&
    (!alike.validFrom || (from && alike.validFrom <= from)) &&
    !(alike.validFrom === null && from && from < alike.recordedAt)
  )
    return decide('confirmed', 'same_value', null, [{ id: alike.id, kind: 'confirm' }]);
  const next = functional
    ? current.map(({ validFrom }) => validFrom).find((date) => date && to && date < to)
    : undefined;
  if (next && from && next <= from)
    return decide('contested', 'back_dated', { validFrom: from, validTo: to, status: 'contested', supersedesId: null });
  return decide('history', 'past_value', { validFrom: from, validTo: next ?? to, status: 'past', supersedesId: null });
}

/** "From 2015 to 2020 I worked there" says that it is over; "in 2019 I lived here" lies within what is known. */
function finish(incoming: Incoming, row: LiveFact, to: Date): Decision | null {
  const within = row.validFrom && incoming.validFrom && row.validFrom < incoming.validFrom;
  const mayEnd = RANK[incoming.authority] >= RANK[row.authority] && !isLater(row, incoming);
  if (within || !mayEnd || startOf(row) >= to) return null;
  const isExact = compareObjects(row.predicate, incoming.objectKey, row.objectKey) !== 'coarser';
  if (!isSooner(incoming, row) || !isExact)
    return decide('ended', 'ended', null, [{ id: row.id, kind: 'close', validTo: to }]);
  const insert: Insert = { ...open(incoming, 'past'), supersedesId: row.id };
  return decide('ended', 'ended', insert, [{ id: row.id, kind: 'replace' }]);
}

function withdraw(incoming: Incoming, rows: readonly LiveFact[]): Decision {
  const named = rows.filter(
    (row) =>
      (!row.validTo || row.validTo > incoming.saidAt) &&
      (incoming.objectKey === '*' || compareObjects(row.predicate, incoming.objectKey, row.objectKey) !== 'different'),
  );
  if (named.length === 0) return decide('ignored', 'nothing_to_end');
  const meant = named.filter((row) => !isLater(row, incoming));
  if (meant.length === 0) return decide('ignored', 'ended_before');
  const at = incoming.validTo ?? incoming.saidAt;
  if (incoming.validTo && meant.every((row) => row.validFrom && row.validFrom >= at))
    return decide('ignored', 'ended_before');
  const weaker = meant.filter(
    (row) => PREDICATES.get(row.predicate)?.shared !== true && RANK[incoming.authority] < RANK[row.authority],
  );
  if (weaker.length > 0)
    return decide(
      'contested',
      'lower_authority',
      null,
      weaker.map(({ id }): Change => ({ id, kind: 'contest' })),
    );
  if (incoming.polarity === 'denies' || meant.some(isImmutable))
    return decide(
      'retracted',
      'denied',
      null,
      meant.map(({ id }): Change => ({ id, kind: 'retract' })),
    );
  return decide(
    'ended',
    'ended',
    null,
    meant.map((row): Change => ({ id: row.id, kind: 'close', validTo: at > startOf(row) ? at : incoming.saidAt })),
  );
}

function happened(incoming: Incoming, rows: readonly LiveFact[]): Decision {
  const when = incoming.validFrom ?? incoming.saidAt;
  const near = incoming.validFrom ? 7 * DAY : 60 * DAY;
  const told = rows.find(
    (row) =>
      compareObjects(row.predicate, incoming.objectKey, row.objectKey) !== 'different' &&
      Math.abs(startOf(row).getTime() - when.getTime()) <= near,
  );
  if (told) return decide('confirmed', 'same_value', null, [{ id: told.id, kind: 'confirm' }]);
  return decide('inserted', 'event', open(incoming));
}
