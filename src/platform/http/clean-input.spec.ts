import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findUncleanInput } from './clean-input.js';

/** `{ a: { a: ... 'end' } }` with so many objects around the end. */
const nested = (levels: number): unknown =>
  Array.from({ length: levels }).reduce<unknown>((inner) => ({ a: inner }), 'end');

describe('findUncleanInput', () => {
  it.each([
    ['text', 'Núñez 👨‍👩‍👧 日本語'],
    ['nothing', undefined],
    ['null', null],
    ['numbers', { a: 1, b: [2.5, -0] }],
    ['an empty object', {}],
    ['pairs of surrogates', { name: '\u{1F600}' }],
    ['control characters that can be stored', 'tab\tnewline\n'],
    ['keys that only resemble a prototype', { proto: 1, constructors: 2, __proto: 3 }],
  ])('accepts %s', (_what, input) => {
    expect(findUncleanInput(input)).toEqual([]);
  });

  it('names the path of a NUL byte', () => {
    expect(findUncleanInput({ people: [{ name: 'Ada' }, { name: 'A\u0000da' }] })).toEqual([
      { field: 'people[1].name', messages: ['must not contain NUL'] },
    ]);
  });

  it.each(['\ud800', 'before \udfff after', '\udc00\ud800'])('refuses the lone surrogate in %j', (text) => {
    expect(findUncleanInput({ name: text })).toEqual([
      { field: 'name', messages: ['must be well-formed Unicode (it has a lone surrogate)'] },
    ]);
  });

  it('calls the whole body by that name', () => {
    expect(findUncleanInput('\u0000')[0]?.field).toBe('body');
    expect(findUncleanInput(JSON.parse('{"__proto__":1}'))[0]?.field).toBe('body');
  });

  it('puts the path it was given in front', () => {
    expect(findUncleanInput({ q: '\u0000' }, 'query')[0]?.field).toBe('query.q');
    expect(findUncleanInput('\u0000', 'path')[0]?.field).toBe('path');
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'na\u0000me', '\ud800'])(
    'refuses the key %j',
    (key) => {
      const input: unknown = JSON.parse(`{"outer":{${JSON.stringify(key)}:{"isAdmin":true}}}`);
      expect(findUncleanInput(input)).toEqual([{ field: 'outer', messages: ['has a key that is not allowed'] }]);
    },
  );

  it('never repeats a bad key', () => {
    expect(JSON.stringify(findUncleanInput({ 'secret\u0000': 1 }))).not.toContain('secret');
  });

  it('accepts 24 levels and refuses 25', () => {
    expect(findUncleanInput(nested(24))).toEqual([]);
    const [error] = findUncleanInput(nested(25));
    expect(error).toEqual({
      field: Array(24).fill('a').join('.'),
      messages: ['must not be nested deeper than 24 levels'],
    });
  });

  it('survives a hundred thousand levels', () => {
    const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(findUncleanInput(deep)).toHaveLength(1);
  });

  it('stops after twenty errors', () => {
    expect(findUncleanInput(Array(1000).fill('\u0000'))).toHaveLength(20);
  });

  it('accepts exactly the JSON without NUL, lone surrogates and dangerous keys', () => {
    const dangerous = ['prototype', ...Object.getOwnPropertyNames(Object.prototype)].join('|');
    const unclean = new RegExp(`\\\\u0000|\\\\ud[89a-f]|"(${dangerous})":`);
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8, stringUnit: 'binary' }), (value) => {
        const text = JSON.stringify(value);
        const isClean = !unclean.test(text);
        expect(findUncleanInput(value).length === 0).toBe(isClean);
      }),
      { numRuns: 500 },
    );
  });
});
