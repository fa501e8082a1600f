import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/index.js';
import { fold } from '../fold.js';
import { checkable, like, likeLexemes } from './spelling.js';
import { SpellingRepository } from './spelling.repository.js';

/** A query whose strange words were taken for those they are like. */
export interface Corrected {
  /** With names of people in their place. */
  readonly query: string;
  /** Lexemes of texts to look for besides. */
  readonly terms: readonly string[];
}

/** Takes words of a query that no text has for the names or words they are nearest to. */
@Injectable()
export class SpellingService {
  constructor(private readonly words: SpellingRepository) {}

  /**
   * @param names of people, folded
   * @param ever whether texts that hold no more are searched as well
   */
  async correct(tx: Transaction, query: string, names: readonly string[], ever: boolean): Promise<Corrected> {
    const words = checkable(query, names);
    if (words.length === 0) return { query, terms: [] };
    const strange = await this.words.strangeWords(tx, words, ever);
    let corrected = query;
    const alike = strange.words.flatMap(({ word, terms }) => {
      const [name] = like(fold(word), names);
      // A word is letters and marks alone, so it means itself in a pattern.
      const whole = new RegExp(`(?<![\\p{L}\\p{M}])${word}(?![\\p{L}\\p{M}])`, 'gu');
      if (name) corrected = corrected.replaceAll(whole, name.term);
      return terms.map((term) => likeLexemes(term, strange.similar));
    });
    const groups = alike.filter(({ length }) => length > 0);
    const terms = groups.length === 0 ? [] : await this.words.meant(tx, groups, ever);
    return { query: corrected, terms: [...new Set(terms)] };
  }
}
