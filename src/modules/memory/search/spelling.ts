import { fold } from '../fold.js';
import type { Likeness } from './spelling.repository.js';

/** Words shorter than this are too like each other. */
export const SHORTEST_MISSPELT = 4;
/** From this length on two slips are forgiven. */
const LONG = 8;
/** Most words of a query that are looked up. */
const MOST_WORDS = 20;
/** Most that one word may be meant for. */
const MOST_ALIKE = 50;
/** Of a lexeme: `e:` English, `s:` Spanish, `x:` as it is. */
const MARK = 2;

/** Words of a query that may be misspelt, as they stand there: none that is a name. @param names folded */
export function checkable(query: string, names: readonly string[]): string[] {
  const words = query.match(/\p{L}[\p{L}\p{M}]*/gu) ?? [];
  const isUnknown = (word: string): boolean => word.length >= SHORTEST_MISSPELT && !names.includes(fold(word));
  return [...new Set(words.filter(isUnknown))].slice(0, MOST_WORDS);
}

/** Those of the others that a word is near enough to, the nearest first. */
export function like(word: string, others: readonly string[]): Likeness[] {
  const most = word.length >= LONG ? 2 : 1;
  return others
    .map((term) => ({ term, slips: distance(word, term, most) }))
    .filter(({ slips }) => slips <= most)
    .sort((one, other) => one.slips - other.slips)
    .slice(0, MOST_ALIKE);
}

/** The same for a lexeme, among those with its mark and first letter. */
export function likeLexemes(lexeme: string, similar: ReadonlyMap<string, readonly string[]>): Likeness[] {
  const [mark, word] = [lexeme.slice(0, MARK), lexeme.slice(MARK)];
  const others = similar.get(mark + Array.from(word).slice(0, 1).join('')) ?? [];
  return like(
    word,
    others.map((other) => other.slice(MARK)),
  ).map(({ term, slips }) => ({ term: mark + term, slips }));
}

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
