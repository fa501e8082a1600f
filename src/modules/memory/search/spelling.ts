import { fold } from '../fold.js';

/** Words shorter than this are too like each other. */
export const SHORTEST_MISSPELT = 4;
/** From this length on two slips are forgiven. */
const LONG = 8;

/** Words of a query that may be misspelt, folded; at most 20. */
export function checkable(query: string): string[] {
  const words = fold(query).match(/\p{L}+/gu) ?? [];
  return [...new Set(words.filter(({ length }) => length >= SHORTEST_MISSPELT))].slice(0, 20);
}

/** Those of the words that are nearest to this one, where any is near enough. */
export function nearest(word: string, words: readonly string[]): string[] {
  let best: string[] = [];
  let least = word.length >= LONG ? 2 : 1;
  for (const other of words) {
    const slips = distance(word, other, least);
    if (slips > least) continue;
    if (slips < least || best.length === 0) best = [];
    least = slips;
    best.push(other);
  }
  return best;
}

/** `nearest` among lexemes of the same language, which their mark tells. */
export const nearestLexemes = (lexeme: string, others: readonly string[]): string[] =>
  nearest(
    lexeme,
    others.filter((other) => other.startsWith(lexeme.slice(0, 2))),
  );

/**
 * Letters to be put in, left out, replaced or swapped with the next one (optimal string alignment: Damerau, 1964). Trigrams
 * do not see that "Jhon" is John: two words of four letters with two of them swapped share one trigram of nine.
 * @param most more than this are not counted: the answer is `most + 1` then
 */
export function distance(one: string, other: string, most = Infinity): number {
  if (Math.abs(one.length - other.length) > 2 * most) return most + 1;
  const [a, b] = [Array.from(one), Array.from(other)];
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let lowest = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
      lowest = Math.min(lowest, least);
    }
    // A swap reaches back two rows, and costs one.
    if (lowest > most && Math.min(...above) >= most) return most + 1;
    [before, above] = [above, row];
  }
  return Math.min(above[b.length] ?? 0, most + 1);
}
