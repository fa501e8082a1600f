import { contradict, inThePast } from './contradiction.js';
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
} from './decision.js';
import { fit } from './fitting.js';
import { compareObjects } from './objects.js';
import { PREDICATES, type Predicate } from './predicates.js';

const DAY = 86_400_000;

/**
 * How a statement meets the values of its subject and predicate (others in `live` are left alone): pure, total, and
 * never deleting. The later valid-from wins unless somebody with less authority says it; whoever says the same again only
 * adds evidence; what is unclear stays side by side, contested.
 */
export function resolve(incoming: Incoming, live: readonly LiveFact[]): Decision {
  const definition = incoming.predicate === null ? undefined : PREDICATES.get(incoming.predicate);
  if (!definition) return decide('ignored', 'no_predicate');
  if (incoming.subjectId === null) return decide('ignored', 'no_subject');
  const all = live.filter((row) => row.predicate === definition.name && (row.polarity ?? 'asserts') === 'asserts');
  const rows = all.filter(({ status }) => status !== 'past');
  if (incoming.polarity !== 'asserts') return withdraw(incoming, rows);
  if (definition.cardinality === 'event') return happened(incoming, rows);
  const decision = state(incoming, rows, definition);
  return definition.cardinality === 'functional' && !definition.immutable ? fit(decision, incoming, all) : decision;
}

function state(incoming: Incoming, rows: readonly LiveFact[], { name, cardinality }: Predicate): Decision {
  const past = incoming.validTo && incoming.validTo <= incoming.saidAt;
  const current = rows.filter((row) => !row.validTo || row.validTo > incoming.saidAt);
  const alike = current.find((row) => compareObjects(name, incoming.objectKey, row.objectKey) !== 'different');
  if (past) return inThePast(incoming, current, cardinality === 'functional', alike);
  if (alike) return again(incoming, alike, current);
  if (cardinality === 'multi' || current.length === 0) return decide('inserted', 'new_value', open(incoming));
  return contradict(incoming, current);
}

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
