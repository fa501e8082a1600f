import {
  closing,
  decide,
  isImmutable,
  isLater,
  isSooner,
  open,
  RANK,
  startOf,
  type Change,
  type Decision,
  type Incoming,
  type Insert,
  type LiveFact,
  type Reason,
} from './decision.js';
import { compareObjects } from './objects.js';

/** Another value than those that hold. */
export function contradict(incoming: Incoming, current: readonly LiveFact[]): Decision {
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
      // What ends on a day to come holds until then.
      status: strongest.validFrom > incoming.saidAt ? 'live' : 'past',
      supersedesId: null,
    });
  }
  const same = start.getTime() === startOf(strongest).getTime();
  if (same && rank === 0) return contested('same_instant');
  // What ends before that anyway is left alone.
  const changes = current.filter((row) => !row.validTo || row.validTo > start).map((row) => closing(row, start));
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

/** A value of a time that is over. */
export function inThePast(
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
  const [next] = functional
    ? current
        .flatMap(({ validFrom }) => (validFrom && to && validFrom < to ? [validFrom] : []))
        .sort((one, other) => one.getTime() - other.getTime())
    : [];
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
