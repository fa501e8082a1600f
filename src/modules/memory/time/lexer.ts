import { type Atom, type Kind } from './atoms.js';
import { ENGLISH } from './english.js';
import { SPANISH } from './spanish.js';
import { type Vocabulary } from './vocabulary.js';

export type TimeLanguage = 'en' | 'es';

/** Small letters without accents, so that "mañana" and "manana" are one word. */
export function folded(word: string): string {
  const small = word.toLowerCase();
  return ASCII.test(small) ? small : small.normalize('NFD').replace(MARKS, '');
}
const ASCII = /^[\0-\x7f]*$/;
const MARKS = /\p{M}/gu;

/** Every alternative reads a bounded look-ahead or eats what it has read: linear in the length of the text. */
const TOKEN =
  /(?<date>(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)|(?<!\d)\d{1,2}(?<mark>[/.-])\d{1,2}\k<mark>(?:\d{4}|\d{2})(?![\d/]))|(?<dayMonth>(?<!\d)\d{1,2}\/\d{1,2}(?![\d/]))|(?<clock>(?<!\d)(?:\d{1,2}[:.]\d{2} ?(?:[ap]\.?m\b\.?)|\d{1,2} ?[ap]\.?m\b\.?|\d{1,2}:\d{2}(?::\d{2})?(?! ?[ap]\.?m|[\d:])))|(?<decade>(?:(?<!\d)\d{3}0|(?<![\d.,])['’]?\d0)s\b)|(?<nth>(?<!\d)\d{1,2}(?:st|nd|rd|th|º|ª)(?!\p{L}))|(?<number>\d+(?:[-–.,]\d+)*)|(?<word>['’]?[\p{L}\p{M}]+)|(?<mark2>[^\s\p{L}\p{M}\d\p{ASCII}–’€£°]+|[^\s\p{L}\p{M}\d])/giu;

interface Node {
  readonly next: Map<string, Node>;
  meaning?: Vocabulary[string];
}

function trieOf(vocabularies: readonly Vocabulary[]): Node {
  const root: Node = { next: new Map() };
  for (const [phrase, meaning] of vocabularies.flatMap((vocabulary) => Object.entries(vocabulary))) {
    let node = root;
    for (const { key } of tokens(phrase)) {
      const next = node.next.get(key) ?? { next: new Map<string, Node>() };
      node.next.set(key, next);
      node = next;
    }
    node.meaning ??= meaning;
  }
  return root;
}

interface Token {
  readonly key: string;
  readonly index: number;
  readonly end: number;
  readonly groups: Readonly<Record<string, string | undefined>>;
}

function* tokens(text: string): Generator<Token> {
  for (const match of text.matchAll(TOKEN)) {
    const key = folded(match[0]).replace('’', "'");
    yield { key, index: match.index, end: match.index + match[0].length, groups: match.groups ?? {} };
  }
}

const TRIES = new Map<string, Node>();

function trieFor(languages: readonly TimeLanguage[]): Node {
  const key = languages.join();
  const known = TRIES.get(key);
  if (known !== undefined) return known;
  const trie = trieOf(languages.map((language) => (language === 'en' ? ENGLISH : SPANISH)));
  TRIES.set(key, trie);
  return trie;
}

/** "comeremos", "irá": the written accent tells the Spanish future from "para" and "era". */
const SPANISH_FUTURE = /..(?:remos|r[áé]|r[áé]n|rás)$/iu;

/** The text as atoms: the longest phrases of the vocabulary first, then what numbers look like. */
export function atomsOf(text: string, languages: readonly TimeLanguage[], monthFirst: boolean): Atom[] {
  const trie = trieFor(languages);
  const all = [...tokens(text)];
  const atoms: Atom[] = [];
  for (let i = 0; i < all.length;) {
    const token = all[i];
    if (token === undefined) break;
    let found: { meaning: Vocabulary[string]; last: Token; next: number } | undefined;
    let node = trie.next.get(token.key);
    for (let j = i; node !== undefined;) {
      const last = all[j];
      if (last === undefined) break;
      j += 1;
      if (node.meaning !== undefined) found = { meaning: node.meaning, last, next: j };
      node = node.next.get(all[j]?.key ?? '');
    }
    if (found === undefined) {
      atoms.push(...plain(token, text, monthFirst));
      i += 1;
    } else {
      const { meaning, last, next } = found;
      atoms.push(...meaning.map(([kind, value]) => ({ kind, value, index: token.index, end: last.end })));
      i = next;
    }
  }
  return atoms;
}

/** A token that is in no vocabulary. */
function plain({ key, index, end, groups }: Token, text: string, monthFirst: boolean): Atom[] {
  const atom = (kind: Kind, value = 0): Atom => ({ kind, value, index, end });
  if (groups['date'] !== undefined) return [atom('date', dateNumber(key, monthFirst))];
  if (groups['dayMonth'] !== undefined) return [atom('dayMonth', dateNumber(key, monthFirst))];
  if (groups['clock'] !== undefined) return [atom('clock', minutes(key))];
  if (groups['decade'] !== undefined) return [atom('decade', decade(Number.parseInt(key.replace("'", ''), 10)))];
  if (groups['nth'] !== undefined) return [atom('nth', Number.parseInt(key, 10))];
  if (groups['number'] !== undefined) return numbers(key, index, end);
  if (groups['word'] !== undefined) return [atom(SPANISH_FUTURE.test(text.slice(index, end)) ? 'future' : 'other')];
  if (key === ',') return [atom('comma')];
  if (key === '-' || key === '–') return [atom('to')];
  if ('$€£#'.includes(key)) return [atom('code')];
  return [atom(key === '%' || key === '°' ? 'thing' : 'stop')];
}

const SPAN_OF_NUMBERS = /^(\d{1,2}|(?:19|20)\d\d)[-–](\d{1,2}|(?:19|20)\d\d)$/u;

function numbers(key: string, index: number, end: number): Atom[] {
  const [, first, second] = SPAN_OF_NUMBERS.exec(key) ?? [];
  if (first !== undefined && second !== undefined && (first.length === 4) === (second.length === 4)) {
    const at = index + first.length;
    const to: Atom = { kind: 'to', value: 0, index: at, end: at + 1 };
    return [...numbers(first, index, at), to, ...numbers(second, at + 1, end)];
  }
  const kind = kindOfNumber(key);
  return [{ kind, value: kind === 'other' ? 0 : Number(key), index, end }];
}

/** A distant year needs a month beside it: 1492 is as often a price or a code. */
function kindOfNumber(digits: string): Kind {
  if (/^(?:19\d\d|20\d\d|2100)$/.test(digits)) return 'year';
  if (/^[12]\d{3}$/.test(digits)) return 'distantYear';
  return /^\d{1,3}$/.test(digits) ? 'number' : 'other';
}

/** Four digits, or two that lie in 1930-2029. */
function decade(year: number): number {
  return year >= 100 ? year : year < 30 ? 2000 + year : 1900 + year;
}

/** yyyymmdd, or mmdd of a date without a year. Of two readings only the possible one counts. */
function dateNumber(key: string, monthFirst: boolean): number {
  const [a = 0, b = 0, c = 0] = key.split(/[/.-]/).map(Number);
  if (/^\d{4}/.test(key)) return a * 10_000 + b * 100 + c;
  const swap = (monthFirst && b <= 31 && a <= 12) || b > 12;
  const [day, month] = swap ? [b, a] : [a, b];
  const year = c >= 100 ? c : c < 50 ? 2000 + c : 1900 + c;
  return (/[/.-].*[/.-]/.test(key) ? year * 10_000 : 0) + month * 100 + day;
}

/** Minutes after midnight; 24 hours or more where there is no such time. */
function minutes(key: string): number {
  const [hour = 0, minute = 0] = key.match(/\d+/g)?.map(Number) ?? [];
  const half = /[ap]/.exec(key)?.[0];
  if (half !== undefined && (hour < 1 || hour > 12)) return 24 * 60;
  const hours = half === undefined ? hour : (hour % 12) + (half === 'p' ? 12 : 0);
  return minute > 59 ? 24 * 60 : hours * 60 + minute;
}
