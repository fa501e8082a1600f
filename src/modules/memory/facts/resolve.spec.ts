import { describe, expect, it } from '@jest/globals';
import { type Decision, type Incoming, type LiveFact, PREDICATES, resolve } from './index.js';

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const row = (extra: Partial<LiveFact> = {}): LiveFact => ({
  id: 'a',
  predicate: 'home_location',
  objectKey: 'madrid',
  validFrom: null,
  validTo: null,
  recordedAt: day('2022-01-01'),
  authority: 'self',
  evidenceCount: 1,
  status: 'live',
  ...extra,
});
const said = (objectKey: string, extra: Partial<Incoming> = {}): Incoming => ({
  subjectId: 'marta',
  predicate: 'home_location',
  objectKey,
  polarity: 'asserts',
  authority: 'self',
  saidAt: day('2024-01-01'),
  ...extra,
});
const brief = ({ outcome, reason, changes }: Decision): unknown[] => [outcome, reason, changes.map(({ kind }) => kind)];

describe('resolve', () => {
  it('knows some sixty predicates', () => {
    expect(PREDICATES.size).toBeGreaterThanOrEqual(60);
  });

  it('leaves content without predicate or subject alone', () => {
    expect(brief(resolve(said('x', { predicate: null }), [row()]))).toEqual(['ignored', 'no_predicate', []]);
    expect(brief(resolve(said('x', { subjectId: null }), [row()]))).toEqual(['ignored', 'no_subject', []]);
  });

  it('counts evidence when the same is said again, and never retires it', () => {
    expect(brief(resolve(said('madrid'), [row()]))).toEqual(['confirmed', 'same_value', ['confirm']]);
    expect(resolve(said('madrid'), [row()]).insert).toBeNull();
  });

  it('lets the later value win and closes the earlier one where it starts', () => {
    const decision = resolve(said('seville', { validFrom: day('2023-06-01') }), [row()]);
    expect(decision.changes).toEqual([{ id: 'a', kind: 'close', validTo: day('2023-06-01') }]);
    expect(decision).toMatchObject({
      outcome: 'superseded',
      reason: 'later_wins',
      insert: { validFrom: day('2023-06-01'), validTo: null, status: 'live', supersedesId: 'a' },
    });
  });

  it('corrects a value that would end before it began', () => {
    const decision = resolve(said('seville', { validFrom: day('2021-06-01') }), [row()]);
    expect(brief(decision)).toEqual(['superseded', 'corrected', ['retract']]);
  });

  it('inserts history without touching the present value', () => {
    const live = row({ validFrom: day('2022-01-01') });
    const past = resolve(said('rome', { validFrom: day('2019-01-01'), validTo: day('2020-01-01') }), [live]);
    expect(past).toMatchObject({ outcome: 'history', reason: 'past_value', insert: { status: 'past' }, changes: [] });
    const dated = resolve(said('rome', { validFrom: day('2019-01-01') }), [live]);
    expect(dated).toMatchObject({ outcome: 'history', insert: { validTo: day('2022-01-01') }, changes: [] });
  });

  it('keeps both, contested, when somebody with less authority contradicts', () => {
    const decision = resolve(said('seville', { authority: 'other' }), [row()]);
    expect(brief(decision)).toEqual(['contested', 'lower_authority', ['contest']]);
    expect(decision.insert?.status).toBe('contested');
  });

  it('keeps both, contested, when nobody can tell which is later', () => {
    const at = { validFrom: day('2023-01-01') };
    expect(brief(resolve(said('seville', at), [row(at)]))).toEqual(['contested', 'same_instant', ['contest']]);
  });

  it('settles a dispute when the one with most authority speaks again', () => {
    const rivals = [
      row({ status: 'contested' }),
      row({ id: 'b', objectKey: 'seville', authority: 'parent', status: 'contested', recordedAt: day('2023-01-01') }),
    ];
    expect(brief(resolve(said('seville'), rivals))).toEqual(['confirmed', 'settled', ['confirm', 'settle', 'close']]);
    expect(brief(resolve(said('seville', { authority: 'parent' }), rivals))).toEqual([
      'confirmed',
      'same_value',
      ['confirm'],
    ]);
  });

  it('takes a more exact value for the same', () => {
    const decision = resolve(said('calle mayor 3 madrid'), [row({ evidenceCount: 2 })]);
    expect(brief(decision)).toEqual(['refined', 'more_exact', ['replace']]);
    expect(brief(resolve(said('madrid'), [row({ objectKey: 'calle mayor 3 madrid' })]))).toEqual([
      'confirmed',
      'less_exact',
      ['confirm'],
    ]);
  });

  it('ends and denies', () => {
    const over = { polarity: 'ends' as const };
    expect(resolve(said('madrid', { ...over, validTo: day('2023-05-01') }), [row()]).changes).toEqual([
      { id: 'a', kind: 'close', validTo: day('2023-05-01') },
    ]);
    expect(brief(resolve(said('*', over), [row()]))).toEqual(['ended', 'ended', ['close']]);
    expect(brief(resolve(said('rome', over), [row()]))).toEqual(['ignored', 'nothing_to_end', []]);
    const later = row({ validFrom: day('2022-01-01') });
    expect(brief(resolve(said('madrid', { ...over, validTo: day('2015-01-01') }), [later]))).toEqual([
      'ignored',
      'ended_before',
      [],
    ]);
    expect(brief(resolve(said('madrid', { polarity: 'denies' }), [row()]))).toEqual([
      'retracted',
      'denied',
      ['retract'],
    ]);
    expect(brief(resolve(said('madrid', { ...over, authority: 'other' }), [row()]))).toEqual([
      'contested',
      'lower_authority',
      ['contest'],
    ]);
  });

  it('sets values of multi-valued predicates side by side', () => {
    const allergy = { predicate: 'allergy' };
    const live = row({ ...allergy, objectKey: 'peanut' });
    expect(brief(resolve(said('egg', allergy), [live]))).toEqual(['inserted', 'new_value', []]);
    expect(brief(resolve(said('peanut', allergy), [live]))).toEqual(['confirmed', 'same_value', ['confirm']]);
  });

  it('never supersedes events, and knows one told twice', () => {
    const travel = { predicate: 'travel', validFrom: day('2023-07-01') };
    const live = row({ ...travel, objectKey: 'rome' });
    expect(brief(resolve(said('paris', travel), [live]))).toEqual(['inserted', 'event', []]);
    expect(brief(resolve(said('rome', travel), [live]))).toEqual(['confirmed', 'same_value', ['confirm']]);
    expect(brief(resolve(said('rome', { predicate: 'travel', validFrom: day('2020-01-01') }), [live]))).toEqual([
      'inserted',
      'event',
      [],
    ]);
  });

  it('ignores rows of other predicates', () => {
    expect(brief(resolve(said('leeds'), [row({ predicate: 'hometown' })]))).toEqual(['inserted', 'new_value', []]);
  });
});
