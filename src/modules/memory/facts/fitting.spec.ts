import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { resolve, type Incoming, type LiveFact } from './index.js';

const VALUES = ['madrid', 'lisbon', 'oslo', 'rome', 'paris', 'vienna', 'cork'] as const;
const year = (number: number): Date => new Date(Date.UTC(number, 0, 1));

interface Row extends LiveFact {
  /** What was in doubt may have been so beside another value. */
  readonly isDoubtful: boolean;
}

/** What is known after statements, told one after the other, as the recorder keeps it. */
function tell(statements: readonly Pick<Incoming, 'objectKey' | 'validFrom' | 'validTo'>[]): Row[] {
  let rows: Row[] = [];
  statements.forEach((statement, order) => {
    const saidAt = new Date(Date.UTC(2026, 0, 1, 0, 0, 0, order));
    const incoming: Incoming = {
      subjectId: 'marta',
      predicate: 'home_location',
      polarity: 'asserts',
      authority: 'self',
      saidAt,
      ...statement,
    };
    const { insert, changes } = resolve(incoming, rows);
    const id = String(order);
    rows = rows.flatMap((row): Row[] => {
      const change = changes.find((one) => one.id === row.id);
      switch (change?.kind) {
        case 'close':
          return [
            {
              ...row,
              validFrom: row.validFrom ?? (row.status === 'past' ? null : row.recordedAt),
              validTo: change.validTo,
              status: change.validTo > saidAt ? 'live' : 'past',
            },
          ];
        case 'retract':
        case 'replace':
          return [];
        case 'contest':
          return [{ ...row, status: 'contested', isDoubtful: true }];
        case 'settle':
          return [{ ...row, status: 'live' }];
        default:
          return [row];
      }
    });
    if (insert)
      rows.push({
        id,
        predicate: 'home_location',
        objectKey: statement.objectKey,
        validFrom: insert.validFrom,
        validTo: insert.validTo,
        recordedAt: saidAt,
        authority: 'self',
        evidenceCount: 1,
        status: insert.status,
        isDoubtful: insert.status === 'contested',
      });
  });
  return rows;
}

const stretch = ({ status, validFrom, validTo, recordedAt }: LiveFact) => ({
  from: validFrom?.getTime() ?? (status === 'past' ? -Infinity : recordedAt.getTime()),
  to: validTo?.getTime() ?? Infinity,
});

/** Values that are told of one time, contested ones aside. */
function overlaps(rows: readonly Row[]): Row[][] {
  const certain = rows.filter(({ isDoubtful }) => !isDoubtful);
  return certain.flatMap((one, index) =>
    certain
      .slice(index + 1)
      .filter((other) => stretch(one).from < stretch(other).to && stretch(other).from < stretch(one).to)
      .map((other) => [one, other]),
  );
}

const history = (rows: readonly Row[]) =>
  rows
    .map((row) => ({ objectKey: row.objectKey, status: row.status, ...stretch(row) }))
    .sort((one, other) => one.from - other.from);

describe('values of one thing at a time', () => {
  it('have the same history in whatever order they are told', () => {
    const values = fc
      .tuple(
        fc.shuffledSubarray([...VALUES], { minLength: 2 }),
        fc.uniqueArray(fc.integer({ min: 1990, max: 2024 }), { minLength: 7, maxLength: 7 }),
      )
      .map(([keys, years]) => keys.map((objectKey, at) => ({ objectKey, validFrom: year(years[at] ?? 0) })));
    fc.assert(
      fc.property(
        values.chain((told) => fc.tuple(fc.constant(told), fc.shuffledSubarray(told, { minLength: told.length }))),
        ([told, shuffled]) => {
          const inOrder = [...told].sort((one, other) => one.validFrom.getTime() - other.validFrom.getTime());
          const expected = inOrder.map(({ objectKey, validFrom }, at) => ({
            objectKey,
            status: at === inOrder.length - 1 ? 'live' : 'past',
            from: validFrom.getTime(),
            to: inOrder[at + 1]?.validFrom.getTime() ?? Infinity,
          }));
          expect(history(tell(shuffled))).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never overlap, whatever is told of any time', () => {
    const moment = fc.option(fc.integer({ min: 2000, max: 2030 }).map(year), { nil: null });
    const statement = fc
      .record({ objectKey: fc.constantFrom(...VALUES), validFrom: moment, validTo: moment })
      .filter(({ validFrom, validTo }) => !validFrom || !validTo || validFrom < validTo);
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 10 }), (statements) => {
        expect(overlaps(tell(statements))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});
