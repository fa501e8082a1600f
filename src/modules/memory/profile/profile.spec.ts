import { describe, expect, it } from '@jest/globals';
import { PROFILE_FIELDS } from '../facts/index.js';
import { type ProfileFact, projectProfile } from './index.js';

const fact = (predicate: string, object: string, extra: Partial<ProfileFact> = {}): ProfileFact => ({
  memoryId: `${predicate} ${object}`,
  predicate,
  object,
  objectKey: object.toLowerCase(),
  confidence: 0.9,
  evidenceCount: 1,
  status: 'live',
  updatedAt: new Date('2024-05-01T00:00:00Z'),
  ...extra,
});

describe('projectProfile', () => {
  it('has all 27 fields, null where nothing is known', () => {
    const profile = projectProfile([]);
    expect(Object.keys(profile)).toEqual([...PROFILE_FIELDS]);
    expect(PROFILE_FIELDS).toHaveLength(27);
    expect(new Set(Object.values(profile))).toEqual(new Set([null]));
  });

  it('shows value, confidence and source', () => {
    expect(projectProfile([fact('home_location', 'York')]).home_location).toEqual({
      value: 'York',
      confidence: 0.9,
      source_memory_id: 'home_location York',
      updated_at: new Date('2024-05-01T00:00:00Z'),
    });
  });

  it('lists what stands side by side and keeps the lowest confidence', () => {
    const later = new Date('2024-06-01T00:00:00Z');
    const profile = projectProfile([
      fact('allergy', 'peanuts'),
      fact('allergy', 'kiwi', { confidence: 0.7, updatedAt: later }),
      fact('intolerance', 'lactose'),
    ]);
    expect(profile.allergies).toEqual({
      value: ['peanuts', 'intolerance: lactose', 'kiwi'],
      confidence: 0.7,
      source_memory_id: 'allergy kiwi',
      updated_at: later,
    });
  });

  it('prefers what is sure to what is disputed, and repeated to once said', () => {
    const profile = projectProfile([
      fact('employer', 'Airbus', { status: 'contested' }),
      fact('school', 'Leeds University', { evidenceCount: 3 }),
    ]);
    expect(profile.employer_or_school).toMatchObject({ value: 'Leeds University', confidence: 0.936 });
    expect(projectProfile([fact('employer', 'Airbus', { status: 'contested' })]).employer_or_school?.confidence).toBe(
      0.45,
    );
  });

  it('leaves out what no field shows', () => {
    expect(new Set(Object.values(projectProfile([fact('shoe_size', '38'), fact('nonsense', 'x')])))).toEqual(
      new Set([null]),
    );
  });
});
