import { type Language } from '../facts.types.js';
import { fold } from '../language/fold.js';
import { type Grammar } from '../language/grammar.js';
import { isOf } from '../lexicon/concepts.js';
import { type People, type Who } from '../people/people.js';
import { type Joints, withoutLead } from './clauses.js';
import { isVerbal } from './mentions.js';

/** What of a message tells where its clauses begin; `last` is whom the last one was about. */
export interface Reader {
  readonly grammar: Grammar;
  readonly people: People;
  readonly language: Language;
  readonly last: () => readonly Who[];
}

/** Tells of texts beside a comma or an "and" whether a clause begins there. */
export function jointsOf({ grammar, people, language, last }: Reader): Joints {
  /** Whether a subject of its own and its verb begin here, so that it is a clause whatever stands before. */
  const opens = (text: string, joint: string): boolean => {
    const some = text.slice(0, 200);
    const { raw } = withoutLead({ raw: some, folded: fold(some), joined: false }, language);
    const isNow =
      /^(?:and |y )?(?:now|then|ahora|luego|ya) /.test(fold(some)) || /\b(?:now|then|ahora|but|pero)\b/.test(joint);
    const words = grammar.words(raw);
    return grammar.subjects(words, people, [people.speaker]).some((subject) => {
      if (subject.owns) return /^(?:is|are|'s|es|son)$/.test(words[subject.next + 1]?.text ?? '');
      if (subject.person === 'x') return false;
      if (subject.person === '0' && !isNow && !(language === 'es' && joint.includes(','))) return false;
      return grammar
        .verbs(words, subject.next, subject)
        .some(({ next, person }) => next < words.length && (subject.person !== '0' || person === '1'));
    });
  };

  /** Whether a text may be one of several subjects: short, and without anything that could be a verb. */
  const isName = (text: string): boolean => {
    const { raw } = withoutLead({ raw: text, folded: fold(text), joined: false }, language);
    const words = grammar.words(raw);
    if (words.length === 0) return false;
    const verbal = words.some(
      ({ raw: word, text: plain }) => isVerbal(word, language) && words.length > 1 && !people.isName(plain),
    );
    return !verbal && words.length <= 6;
  };

  /** Whether a text reads as subject and verb; where a clause may begin, the subject may be shared. */
  const hasVerb = (text: string, begins: boolean): boolean => {
    const some = text.slice(0, 200);
    const { raw, folded } = withoutLead({ raw: some, folded: fold(some), joined: false }, language);
    const words = grammar.words(raw);
    const subjects = grammar.subjects(words, people, begins ? [people.speaker] : last());
    if (begins && /^(?:an?|una?|un[oa]s) /.test(folded)) return false;
    return subjects.some((subject) => {
      if (subject.owns)
        return words
          .slice(subject.next)
          .some(({ text: word }) => /^(?:is|are|'s|was|es|son|era|esta|estan)$/.test(word));
      return grammar
        .verbs(words, subject.next, subject)
        .some((verb) => verb.next < words.length || subject.person !== '0' || !begins);
    });
  };

  /** Whether a text is a member's name with an object that lacks its verb. */
  const gaps = (text: string): boolean => {
    const words = grammar.words(text.replace(/(?:,| and | y | e ).*$/, ''));
    const named = /^\p{Lu}/u.test(words[0]?.raw ?? '') ? people.named(words, 0) : null;
    if (!named?.who.person || words.length <= named.next || words.length - named.next > 3) return false;
    const rest = words.slice(named.next);
    if (rest.some(({ raw }) => isVerbal(raw, language))) return false;
    const noun = rest.at(-1)?.text ?? '';
    return (
      /^(?:the|an?|el|la|los|las|un|una)$/.test(rest[0]?.text ?? '') ||
      (rest.length === 1 && (['instrument', 'sport', 'food', 'language'] as const).some((kind) => isOf(kind, noun)))
    );
  };

  return {
    begins: (text) => hasVerb(text, true) || gaps(text),
    complete: (text) => hasVerb(text, false),
    opens,
    isName,
  };
}
