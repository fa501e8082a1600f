import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkable, distance, like, likeLexemes } from './spelling.js';

describe('words that are looked up', () => {
  it('hold letters alone, nothing that means something in a pattern', () => {
    expect(checkable('(.*)+$ grandmother[a-z]{9} ^Abuela$', [])).toEqual(['grandmother', 'Abuela']);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (query) => {
        for (const word of checkable(query, [])) expect(word).toMatch(/^\p{L}[\p{L}\p{M}]*$/u);
      }),
    );
  });

  it('are no names, and stay as they stand there', () => {
    expect(checkable('¿Dónde vive Núñez-Álvarez, la mamá de Zoë?', ['nunez', 'zoe'])).toEqual([
      'Dónde',
      'vive',
      'Álvarez',
      'mamá',
    ]);
    expect(checkable('한국어단어 чайник', [])).toEqual(['한국어단어', 'чайник']);
  });
});

describe('the nearest words', () => {
  it.each([
    ['jhon', 'john', 1],
    ['acordion', 'accordion', 1],
    ['murzielaro', 'murcielago', 2],
    ['año', 'ano', 1],
    ['', 'abc', 3],
    ['ca', 'abc', 3],
    ['😀x', '😀y', 1],
  ])('%s is %s with %d slips', (one, other, slips) => {
    expect(distance(one, other)).toBe(slips);
    expect(distance(other, one)).toBe(slips);
  });

  it('are counted alike whether or not counting stops early', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'ñ', '😀'), maxLength: 9 });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 3 }), (one, other, most) => {
        expect(distance(one, other, most)).toBe(Math.min(distance(one, other), most + 1));
      }),
      { numRuns: 2000 },
    );
  });

  const alike = (word: string, others: readonly string[]): (readonly [string, number])[] =>
    like(word, others).map(({ term, slips }) => [term, slips]);

  it('are the nearest first, and none beyond one slip, or two of a word of eight letters', () => {
    expect(alike('mortor', ['motor', 'mortar', 'moor', 'more'])).toEqual([
      ['motor', 1],
      ['mortar', 1],
    ]);
    expect(alike('cat', ['dog', 'cats', 'cat'])).toEqual([
      ['cat', 0],
      ['cats', 1],
    ]);
    expect(alike('short', ['sharp'])).toEqual([]);
    expect(alike('garden', ['gander'])).toEqual([]);
    expect(alike('accordeon', ['acordeón', 'accordeons'])).toEqual([
      ['accordeons', 1],
      ['acordeón', 2],
    ]);
  });

  it('are of the same language and begin alike; their mark is no part of them', () => {
    const similar = new Map([
      ['e:m', ['e:mortar']],
      ['s:m', ['s:motor']],
      ['e:g', ['e:gander']],
    ]);
    expect(likeLexemes('e:mortor', similar)).toEqual([{ term: 'e:mortar', slips: 1 }]);
    expect(likeLexemes('e:garden', similar)).toEqual([]);
    expect(likeLexemes('e:zebra', similar)).toEqual([]);
  });
});
