import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkable, distance, nearest, nearestLexemes } from './spelling.js';

describe('words that are looked up', () => {
  it('hold letters alone, nothing that means something in a pattern', () => {
    expect(checkable('(.*)+$ grandmother[a-z]{9} ^Abuela$')).toEqual(['grandmother', 'abuela']);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (query) => {
        for (const word of checkable(query)) expect(word).toMatch(/^\p{L}+$/u);
      }),
    );
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

  it('are all that are equally near, and none beyond one slip, or two of a long word', () => {
    expect(nearest('mortor', ['motor', 'mortar', 'moor', 'more'])).toEqual(['motor', 'mortar']);
    expect(nearest('cat', ['dog', 'cats', 'cat'])).toEqual(['cat']);
    expect(nearest('short', ['sharp'])).toEqual([]);
    expect(nearest('accordeon', ['acordeón', 'accordeons'])).toEqual(['accordeons']);
  });

  it('are of the same language', () => {
    expect(nearestLexemes('e:mortor', ['s:motor', 'e:mortar'])).toEqual(['e:mortar']);
  });
});
