import { WordModel } from './word-model.js';

/** Which of the text search configurations english, spanish and simple a text belongs to. */
export type TextLanguage = 'en' | 'es' | 'simple';

/** Natural logarithms: how much likelier a language has to be than the next one to count as found. */
const CLEAR = 1;
/** A family that speaks English or Spanish writes in another language this much more rarely. */
const PRIOR = -2.5;
/** One word cannot say more against a language than this: names and slips of the pen are in every text. */
const WORST = -5;
/** Within a sentence a capital marks a name, which says little. */
const OF_A_NAME = 0.15;
/** `¿` and `¡` are Spanish. */
const OPENING_MARK = 3;

const MOST_CHARACTERS = 1000;
const MOST_WORDS = 60;
const LONGEST_WORD = 30;
const NOT_PROSE = /\bhttps?:\/\/\S+|[^\s@]{1,64}@\S+/g;
const WORD = /\p{L}[\p{L}\p{M}]*/gu;

let model: WordModel | undefined;

/**
 * Whether a short text is in English, in Spanish or clearly in neither (`simple`); `fallback` when it does not say:
 * names, numbers, emoji, "ok". Made for a sentence or two of family life, with or without accents; of mixed ones the
 * greater part decides. A naive Bayes classifier over words and letters; reads the first sixty words. The model (10 MB of
 * memory) is loaded at first use.
 */
export function detectLanguage(text: string, fallback: TextLanguage): TextLanguage {
  const start = text.slice(0, MOST_CHARACTERS).normalize('NFC').replace(NOT_PROSE, ' ');
  const words = start.match(WORD)?.slice(0, MOST_WORDS) ?? [];
  const foreign = words.filter((word) => !/\p{Script=Latin}/u.test(word)).length;
  if (words.length > 0 && foreign * 2 > words.length) return 'simple';
  if (words.length === 0 || areNames(words)) return fallback;
  const scores = scoresOf(words, /[¿¡]/.test(start));
  const [first, second] = (['en', 'es', 'simple'] as const).toSorted((a, b) => scores[b] - scores[a]);
  if (first === undefined || second === undefined || scores[first] - scores[second] < CLEAR) return fallback;
  // One word is in too many of the world's languages to rule two of them out.
  return first === 'simple' && words.length < 2 ? fallback : first;
}

/** "Ana Lucía Pérez", but not "HAPPY BIRTHDAY". */
function areNames(words: readonly string[]): boolean {
  return words.length > 1 && words.every((word) => isCapital(word) && word.toUpperCase() !== word);
}

function isCapital(word: string): boolean {
  return /^\p{Lu}/u.test(word);
}

function scoresOf(words: readonly string[], spanishMarks: boolean): Record<TextLanguage, number> {
  model ??= WordModel.load();
  const shouted = words.every((word) => word.toUpperCase() === word);
  const sums = model.languages.map(() => 0);
  for (const [i, word] of words.entries()) {
    const likelihoods = model.logLikelihoods(word.toLowerCase().slice(0, LONGEST_WORD));
    const best = Math.max(...likelihoods);
    const weight = isCapital(word) && (i > 0 || words.length === 1) && !shouted ? OF_A_NAME : 1;
    likelihoods.forEach((likelihood, j) => {
      sums[j] = (sums[j] ?? 0) + Math.max(likelihood - best, WORST) * weight;
    });
  }
  const [en = 0, es = 0, ...others] = sums;
  return { en, es: es + (spanishMarks ? OPENING_MARK : 0), simple: Math.max(...others) + PRIOR };
}
