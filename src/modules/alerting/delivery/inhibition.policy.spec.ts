import { describe, expect, it } from '@jest/globals';
import { inhibitedRules } from './inhibition.policy.js';

const inhibited = (firing: readonly string[], by: Record<string, readonly string[]>): string[] => [
  ...inhibitedRules(new Set(firing), (rule) => by[rule] ?? []),
];

describe('what something else explains', () => {
  it('is not told while that fires', () => {
    const by = { errors: ['database'], latency: ['errors', 'database'] };
    expect(inhibited(['errors', 'latency', 'database'], by)).toEqual(['errors', 'latency']);
    expect(inhibited(['errors', 'latency'], by)).toEqual(['latency']);
    expect(inhibited(['latency'], by)).toEqual([]);
  });

  it('is told where it explains itself, or two explain each other', () => {
    expect(inhibited(['one'], { one: ['one'] })).toEqual([]);
    expect(inhibited(['one', 'two'], { one: ['two'], two: ['one'] })).toEqual([]);
    expect(inhibited(['one', 'two', 'three'], { one: ['two'], two: ['three'], three: ['one'] })).toEqual([]);
  });

  it('is hidden by a circle that it is no part of', () => {
    expect(inhibited(['one', 'two', 'leaf'], { one: ['two'], two: ['one'], leaf: ['one'] })).toEqual(['leaf']);
  });
});
