import { englishForms } from './english.verbs.js';
import { type Word } from './fold.js';
import { type Mood, type Subject, type VerbPhrase } from './grammar.js';

const ADVERB =
  /^(?:just|now|really|also|still|actually|currently|already|finally|recently|always|usually|both|all|absolutely|totally|completely|so|very|only|officially|definitely|normally|often|mostly|mainly|truly|simply|kind|of|quite|both|each|sadly|unfortunately|now|happily|proudly|even|again|certainly|obviously|genuinely|particularly|especially|suddenly|eventually|temporarily|too)$/;

/** Reads auxiliaries, negation and the main verb. */
export function englishPhrases(words: readonly Word[], start: number, subject: Subject): VerbPhrase[] {
  let at = start;
  let negated = false;
  let mood: Mood | null = null;
  let aux: 'do' | 'have' | 'be' | 'can' | 'to' | null = null;
  let shared = false;
  const rest = words
    .slice(start)
    .map(({ text }) => text)
    .join(' ');
  const over = /\b(?:anymore|any more|any longer|no more)\b/.test(rest);
  const phrase = (lemma: string, said: Mood, person: '1' | '3' | null): VerbPhrase => {
    const ended = over && negated ? 'ended' : said;
    return { lemma, mood: ended, negated: ended === 'ended' ? false : negated, shared, next: at + 1, person };
  };
  /** "is not really ...": what stands between the verb and what it tells. */
  const beside = (said: Mood): VerbPhrase => {
    let tells = said;
    for (; at + 1 < words.length; at++) {
      const word = words[at + 1]?.text ?? '';
      if (word === 'no' && words[at + 2]?.text === 'longer') {
        tells = 'ended';
        at++;
      } else if (word === 'not' || word === 'never') negated = true;
      else if (!ADVERB.test(word)) break;
    }
    return phrase('be', tells, null);
  };
  for (; at < words.length; at++) {
    const word = words[at]?.text ?? '';
    const next = words[at + 1]?.text ?? '';
    if (word === 'no' && next === 'longer') {
      mood = 'ended';
      at++;
    } else if (word === 'not' || word === 'never') negated = true;
    else if (word === 'used' && next === 'to' && aux !== 'be') {
      mood = 'ended';
      shared = true;
      aux = 'to';
      at++;
    } else if (/^(?:would|could|might|may|should|must|shall|ought)$/.test(word) && aux === null) return [];
    else if (
      /^(?:have|has)$/.test(word) &&
      aux === null &&
      next === 'to' &&
      /^(?:use|avoid|follow)$/.test(words[at + 2]?.text ?? '')
    ) {
      aux = 'to';
      at++;
    } else if (word === 'will') {
      mood = 'future';
      aux = 'to';
      shared = true;
    } else if (word === 'can' && aux === null) {
      mood ??= 'can';
      aux = 'can';
      shared = true;
    } else if (/^(?:do|does|did)$/.test(word) && (next === 'not' || baseFollows(words, at + 1))) {
      if (word === 'did') mood ??= 'past';
      aux = 'do';
      shared = true;
    } else if (ADVERB.test(word) && !(word === 'kind' && next !== 'of')) continue;
    else {
      const forms = englishForms(
        word === "'s"
          ? /^(?:been|got|had|moved|started|stopped|become)$/.test(afterAdverbs(words, at + 1))
            ? 'has'
            : 'is'
          : word,
      );
      const isBe = forms.some(({ lemma }) => lemma === 'be');
      const follower = afterAdverbs(words, at + 1);
      if (isBe && aux !== 'be') {
        const past = forms[0]?.tense === 'past';
        if (/^going$/.test(follower) && /\bgoing to (?!the|a|my|our|school|uni|college|nursery)\w+/.test(rest))
          return [];
        const progressive =
          englishForms(follower).some(({ tense }) => tense === 'ing') && !/^(?:being)$/.test(follower);
        if (progressive) {
          aux = 'be';
          if (past) mood ??= 'past';
          continue;
        }
        return [beside(mood ?? (past ? 'past' : 'present'))];
      }
      if (
        (word === "'s" ? forms[0]?.lemma === 'have' : /^(?:have|has|had)$/.test(word)) &&
        aux !== 'have' &&
        englishForms(follower).some(({ tense }) => tense === 'participle') &&
        !/^(?:cut|put|hurt|read)$/.test(follower)
      ) {
        aux = 'have';
        mood ??= 'done';
        if (follower === 'been') {
          at = words.findIndex((each, index) => index > at && each.text === 'been');
          const ing = englishForms(afterAdverbs(words, at + 1)).some(({ tense }) => tense === 'ing');
          mood = mood === 'done' ? 'present' : mood;
          if (ing) {
            aux = 'be';
            continue;
          }
          return [beside(mood)];
        }
        continue;
      }
      return mainVerb(words, at, forms, { aux, mood, subject, phrase, setShared: () => (shared = true) });
    }
  }
  return [];
}

function mainVerb(
  words: readonly Word[],
  at: number,
  forms: ReturnType<typeof englishForms>,
  {
    aux,
    mood,
    subject,
    phrase,
  }: {
    aux: string | null;
    mood: Mood | null;
    subject: Subject;
    phrase: (lemma: string, mood: Mood, person: '1' | '3' | null) => VerbPhrase;
    setShared: () => void;
  },
): VerbPhrase[] {
  const want =
    aux === 'be' ? ['ing'] : aux === 'have' ? ['participle'] : aux === null ? ['past', 'present', 'base'] : ['base'];
  for (const tense of want) {
    const form = forms.find((each) => each.tense === tense);
    if (!form) continue;
    // "Leo play piano" is a typing error, "he like it" as well; a bare verb without subject is a command.
    if (tense === 'base' && aux === null && subject.person === '0' && subject.who.length === 0) continue;
    const said = mood ?? (tense === 'past' ? 'past' : 'present');
    const follower = words[at + 1]?.text ?? '';
    const second = /^(?:stop|quit|give|start|begin|keep)$/.test(form.lemma) && gerundAfter(words, at + 1, form.lemma);
    if (second && said !== 'future')
      return [
        {
          ...phrase(
            second.lemma,
            form.lemma === 'keep' ? 'present' : /^(?:start|begin)$/.test(form.lemma) ? 'begun' : 'ended',
            null,
          ),
          next: second.next,
        },
      ];
    const person = tense === 'present' ? '3' : tense === 'base' && aux === null && follower !== '' ? '1' : null;
    return [phrase(form.lemma, said, person)];
  }
  return [];
}

/** "stopped eating", "gave up smoking", "started to learn". */
function gerundAfter(words: readonly Word[], at: number, lemma: string): { lemma: string; next: number } | null {
  let next = at;
  if (lemma === 'give') {
    if (words[next]?.text !== 'up') return null;
    next++;
  }
  if (/^(?:start|begin)$/.test(lemma) && words[next]?.text === 'to') next++;
  const form = englishForms(words[next]?.text ?? '').find(
    ({ tense }) => tense === 'ing' || (tense === 'base' && next > at),
  );
  return form ? { lemma: form.lemma, next: next + 1 } : null;
}

const baseFollows = (words: readonly Word[], at: number): boolean =>
  englishForms(afterAdverbs(words, at)).some(({ tense }) => tense === 'base');

function afterAdverbs(words: readonly Word[], at: number): string {
  let next = at;
  while (/^(?:not|never)$/.test(words[next]?.text ?? '') || ADVERB.test(words[next]?.text ?? '')) next++;
  return words[next]?.text ?? '';
}
