import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BATCH_CHARACTERS, BATCH_TEXTS, planBatches } from './batches.js';

describe('batches', () => {
  const texts = fc.array(
    fc.nat(2 * BATCH_CHARACTERS).map((length) => 'x'.repeat(length)),
    { maxLength: 60 },
  );

  it('hold each text once', () => {
    fc.assert(
      fc.property(texts, (given) => {
        expect(
          planBatches(given)
            .flat()
            .sort((a, b) => a - b),
        ).toEqual([...given.keys()]);
      }),
    );
  });

  it('are small, padding included; a text that is too long by itself goes alone', () => {
    fc.assert(
      fc.property(texts, (given) => {
        for (const batch of planBatches(given)) {
          const longest = Math.max(...batch.map((at) => given[at]?.length ?? 0));
          expect(batch.length).toBeLessThanOrEqual(BATCH_TEXTS);
          expect(batch.length === 1 || batch.length * longest <= BATCH_CHARACTERS).toBe(true);
        }
      }),
    );
  });

  it('hold texts of like length', () => {
    const given = ['a'.repeat(100), 'b', 'c'.repeat(110), 'd'];
    expect(planBatches(given)).toEqual([
      [1, 3],
      [0, 2],
    ]);
  });
});
