import { type Language } from '../facts.types.js';
import { englishForms } from '../language/english.verbs.js';
import { fold, type Word } from '../language/fold.js';
import { spanishForms } from '../language/spanish.verbs.js';
import { kinOf } from '../lexicon/kinship.js';
import { NOBODY, type People, type Who } from '../people/people.js';

/** Whether a word as written can be a verb with its tense, known or not. */
export function isVerbal(raw: string, language: Language): boolean {
  const word = fold(raw);
  if (language === 'en')
    return englishForms(word).some(({ tense }) => tense !== 'base') || /[a-z]{3}(?:ed|n't)$/.test(word);
  return (
    spanishForms(word, raw).some(({ person }) => person !== '-') ||
    /[a-zñ]{3}(?:[éó]|aron|ieron)$/.test(raw.toLowerCase())
  );
}

/**
 * Whom a clause that was not read names: the one member, so that the next "he" can mean them; nobody when somebody else
 * is named as well, null when nobody is.
 */
export function mentionedIn(words: readonly Word[], people: People): readonly Who[] | null {
  const found: Who[] = [];
  let strangers = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (!word) continue;
    const named = /^\p{Lu}/u.test(word.raw) ? people.named(words, at) : null;
    const owns = words[at + 1]?.text === "'s";
    if (named && !owns) {
      if (named.who.person && !found.some((who) => who.person?.id === named.who.person?.id)) found.push(named.who);
      else if (!named.who.person) strangers = true;
      at = named.next - 1;
      continue;
    }
    if (named) continue;
    const kin = kinOf(word.text);
    if (kin?.tie === 'outsider') strangers = true;
    else if (kin && !kin.plural && /^(?:my|our|mi|nuestr[oa])$/.test(words[at - 1]?.text ?? '')) {
      const [who] = people.kin(kin, people.speaker.person);
      if (who) found.push(who);
      else strangers = true;
    } else if (at > 0 && /^\p{Lu}\p{Ll}/u.test(word.raw) && /^(?:mr|mrs|miss|ms|dr|sr|sra|don|dona)$/.test(word.text))
      strangers = true;
  }
  const others = found.filter(({ person }) => person?.id !== people.speaker.person?.id);
  if (others.length === 0) return strangers ? [NOBODY] : null;
  return others.length === 1 && !strangers ? others : [NOBODY];
}
