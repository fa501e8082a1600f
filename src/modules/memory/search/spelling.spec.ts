import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkable } from './spelling.js';

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
