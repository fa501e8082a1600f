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

  describe('a statement of old, brought late', () => {
    const live = row({ recordedAt: day('2026-01-01') });
    const old = { saidAt: day('2019-01-01') };
    it('is history up to the present value', () => {
      const decision = resolve(said('seville', old), [live]);
      expect(brief(decision)).toEqual(['history', 'back_dated', []]);
      expect(decision.insert).toMatchObject({ status: 'past', validFrom: null, validTo: live.recordedAt });
      expect(brief(resolve(said('seville', { ...old, authority: 'other' }), [live]))[0]).toBe('history');
    });

    it('says nothing of a time that was told better since', () => {
      const since = { ...live, validFrom: day('2018-01-01') };
      expect(brief(resolve(said('seville', old), [since]))).toEqual(['ignored', 'back_dated', []]);
    });

    it('ends and denies nothing that was said since', () => {
      for (const polarity of ['ends', 'denies'] as const)
        expect(brief(resolve(said('madrid', { ...old, polarity }), [live]))).toEqual(['ignored', 'ended_before', []]);
      const before = row({ recordedAt: day('2018-01-01') });
      expect(brief(resolve(said('*', { ...old, polarity: 'ends' }), [before]))).toEqual(['ended', 'ended', ['close']]);
    });

    it('is evidence for the same', () => {
      expect(brief(resolve(said('madrid', old), [live]))).toEqual(['confirmed', 'same_value', ['confirm']]);
    });

    it('settles no dispute', () => {
      const rivals = [
        row({ status: 'contested' }),
        row({ id: 'b', objectKey: 'seville', status: 'contested', recordedAt: day('2026-01-01') }),
      ];
      expect(brief(resolve(said('madrid', old), rivals))).toEqual(['confirmed', 'same_value', ['confirm']]);
    });
  });

  describe('what never changes', () => {
    const birth = { predicate: 'birth_date' };
    const live = row({ ...birth, objectKey: '1980-05-04' });
    it('is corrected by another value, and closed at no time', () => {
      const decision = resolve(said('1981-05-04', birth), [live]);
      expect(brief(decision)).toEqual(['superseded', 'corrected', ['retract']]);
      expect(decision.insert).toEqual({ validFrom: null, validTo: null, status: 'live', supersedesId: 'a' });
      const blood = { predicate: 'blood_type' };
      expect(brief(resolve(said('o+', blood), [row({ ...blood, objectKey: 'a+' })]))[2]).toEqual(['retract']);
      expect(brief(resolve(said('*', { ...birth, polarity: 'ends' }), [live]))[2]).toEqual(['retract']);
    });

    it('stays contested by those who know less, and by a day without its year', () => {
      expect(brief(resolve(said('1981-05-04', { ...birth, authority: 'other' }), [live]))).toEqual([
        'contested',
        'lower_authority',
        ['contest'],
      ]);
      expect(brief(resolve(said('--05-05', birth), [live]))).toEqual(['contested', 'less_exact', ['contest']]);
      expect(brief(resolve(said('--05-04', birth), [live]))).toEqual(['confirmed', 'less_exact', ['confirm']]);
    });

    it('is not corrected by what was said before', () => {
      expect(brief(resolve(said('1981-05-04', { ...birth, saidAt: day('2019-01-01') }), [live]))).toEqual([
        'ignored',
        'back_dated',
        [],
      ]);
    });
  });

  describe('times of what is known', () => {
    it('end it when they are over', () => {
      const over = { validFrom: day('2015-01-01'), validTo: day('2023-01-01') };
      const decision = resolve(said('madrid', over), [row()]);
      expect(brief(decision)).toEqual(['ended', 'ended', ['replace']]);
      expect(decision.insert).toEqual({ ...over, status: 'past', supersedesId: 'a' });
      expect(resolve(said('madrid', { validTo: day('2023-01-01') }), [row()]).changes).toEqual([
        { id: 'a', kind: 'close', validTo: day('2023-01-01') },
      ]);
      const within = { validFrom: day('2019-01-01'), validTo: day('2020-01-01') };
      expect(brief(resolve(said('madrid', within), [row({ validFrom: day('2015-01-01') })]))[0]).toBe('confirmed');
    });

    it('say since when, where nobody had', () => {
      const decision = resolve(said('madrid', { validFrom: day('2015-01-01') }), [row()]);
      expect(brief(decision)).toEqual(['refined', 'more_exact', ['replace']]);
      expect(decision.insert).toMatchObject({ validFrom: day('2015-01-01'), status: 'live', supersedesId: 'a' });
      const finer = row({ objectKey: 'calle mayor 3 madrid' });
      expect(brief(resolve(said('madrid', { validFrom: day('2015-01-01') }), [finer]))[0]).toBe('confirmed');
    });
  });
});
