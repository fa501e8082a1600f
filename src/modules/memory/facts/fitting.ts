import {
  decide,
  RANK,
  startOf,
  type Change,
  type Decision,
  type Incoming,
  type Insert,
  type LiveFact,
} from './decision.js';
import { compareObjects } from './objects.js';

interface Stretch {
  readonly from: number;
  readonly to: number;
}

const timeOf = (date: Date | null, otherwise: number): number => date?.getTime() ?? otherwise;

/** A past value of which nobody knows the beginning is older than all others. */
const stretchOf = (row: LiveFact): Stretch => ({
  from: row.status === 'past' ? timeOf(row.validFrom, -Infinity) : startOf(row).getTime(),
  to: timeOf(row.validTo, Infinity),
});

const meet = (one: Stretch, other: Stretch): boolean => one.from < other.to && other.from < one.to;

/**
 * Finds room for a new value among all that are known, so that no two values are told of one time, in whatever order
 * they came: each one holds until the next begins. Where that cannot be said, they are contested.
 */
export function fit(decision: Decision, incoming: Incoming, known: readonly LiveFact[]): Decision {
  const { insert } = decision;
  if (!insert || insert.status === 'contested') return decision;
  const changed = new Set(decision.changes.map(({ id }) => id));
  const others = known.filter(({ id, status }) => status !== 'contested' && !changed.has(id));
  const now = incoming.saidAt.getTime();
  const isOver = timeOf(insert.validTo, Infinity) <= now;
  const from = timeOf(insert.validFrom, isOver ? -Infinity : now);
  const whole = { from, to: timeOf(insert.validTo, Infinity) };
  const met = others.filter((row) => meet(whole, stretchOf(row)));
  if (met.length === 0) return decision;

  // What holds until further notice is not bounded by what is over.
  const holds = insert.status === 'live' && decision.outcome !== 'history';
  const next = holds ? [] : met.map((row) => stretchOf(row).from).filter((begin) => begin > from);
  const place = { from, to: Math.min(whole.to, ...next) };
  const rivals = met.filter((row) => meet(place, stretchOf(row)));
  const isAlike = (row: LiveFact): boolean =>
    compareObjects(row.predicate, incoming.objectKey, row.objectKey) !== 'different';
  const same = rivals.find((row) => isAlike(row) && stretchOf(row).from <= from && stretchOf(row).to >= place.to);
  if (same && !holds) return decide('confirmed', 'same_value', null, [{ id: same.id, kind: 'confirm' }]);

  const contested = (reason: 'lower_authority' | 'same_instant'): Decision =>
    decide(
      'contested',
      reason,
      { ...insert, ...datesOf(place, insert), status: 'contested', supersedesId: null },
      rivals.map(({ id }): Change => ({ id, kind: 'contest' })),
    );
  if (rivals.some((row) => RANK[row.authority] > RANK[incoming.authority])) return contested('lower_authority');
  if (!holds && rivals.some((row) => stretchOf(row).from === from)) return contested('same_instant');
  const changes = rivals.map((row): Change => {
    if (stretchOf(row).from < from) return { id: row.id, kind: 'close', validTo: new Date(from) };
    return { id: row.id, kind: isAlike(row) ? 'replace' : 'contest' };
  });
  const status = insert.status === 'live' && place.to <= now ? 'past' : insert.status;
  return {
    ...decision,
    insert: { ...insert, ...datesOf(place, insert), status },
    changes: [...decision.changes, ...changes],
  };
}

const datesOf = ({ to }: Stretch, { validTo }: Insert): Pick<Insert, 'validTo'> => ({
  validTo: to === Infinity ? validTo : new Date(to),
});
