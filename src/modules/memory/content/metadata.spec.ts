import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { metadataProblem } from './metadata.js';

const LIMITS = { maxBytes: 200, maxDepth: 3, maxKeys: 10 };

describe('metadataProblem', () => {
  it.each([
    [{}],
    [{ source: 'phone', tags: ['a', 'b'], place: { lat: 1.5, ok: true, none: null } }],
    [Object.create(null)],
  ])('takes %j', (value: unknown) => {
    expect(metadataProblem(value, LIMITS)).toBeNull();
  });

  it.each<readonly [string, unknown]>([
    ['an array', []],
    ['a string', 'a'],
    ['null', null],
    ['undefined', undefined],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a function inside', { a: () => 1 }],
    ['undefined inside', { a: undefined }],
    ['a date inside', { a: new Date(0) }],
    ['a bigint inside', { a: 1n }],
    ['NaN', { a: NaN }],
    ['infinity', { a: [Infinity] }],
    ['NUL in a value', { a: 'x\0' }],
    ['half a character', { a: '\ud800' }],
    ['an empty key', { '': 1 }],
    ['a blank key', { '  ': 1 }],
    ['a long key', { ['k'.repeat(65)]: 1 }],
    ['a control character in a key', { 'a\nb': 1 }],
    ['__proto__', JSON.parse('{"a": {"__proto__": {"admin": true}}}')],
    ['constructor', { constructor: { prototype: {} } }],
    ['prototype', { prototype: 1 }],
    ['four levels', { a: { b: { c: {} } } }],
    ['four levels with arrays', { a: [[[1]]] }],
    ['eleven keys', Object.fromEntries(Array.from({ length: 11 }, (_, i) => [i.toString(), i]))],
    ['eleven elements', { a: Array.from({ length: 11 }, () => 1) }],
    ['too many bytes', { a: 'ñ'.repeat(100) }],
  ])('refuses %s', (_, value) => {
    expect(typeof metadataProblem(value, LIMITS)).toBe('string');
  });

  it('refuses what is nested without end, at once', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    expect(metadataProblem(cyclic, { maxBytes: 1e6, maxDepth: 50, maxKeys: 1000 })).not.toBeNull();
    const deep: unknown = JSON.parse('{"a":'.repeat(5000) + '1' + '}'.repeat(5000));
    expect(metadataProblem(deep, LIMITS)).not.toBeNull();
  });

  it('takes what JSON can carry within the limits, and it comes back the same', () => {
    const limits = { maxBytes: 100_000, maxDepth: 10, maxKeys: 1000 };
    const objects = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(objects, (value) => {
        if (metadataProblem(value, limits) === null) expect(JSON.parse(JSON.stringify(value))).toEqual(value);
      }),
    );
  });
});
