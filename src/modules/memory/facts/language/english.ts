import { englishPhrases } from './english.phrases.js';
import { englishSubjects } from './english.subjects.js';
import { type Word, words as plainWords } from './fold.js';
import { type Grammar } from './grammar.js';

const CONTRACTED: readonly (readonly [RegExp, string])[] = [
  [/^(.+)n't$/, 'not'],
  [/^(.+)'(?:m)$/, 'am'],
  [/^(.+)'(?:re)$/, 'are'],
  [/^(.+)'(?:ve)$/, 'have'],
  [/^(.+)'(?:ll)$/, 'will'],
  [/^(.+)'(?:d)$/, 'would'],
  [/^(.+)'(?:s)$/, "'s"],
  [/^(.+s)'$/, "'s"],
];
/** Typed without the apostrophe. */
const BARE = new Map(
  "im=i am,ive=i have,dont=do not,doesnt=does not,didnt=did not,isnt=is not,arent=are not,wasnt=was not,werent=were not,hes=he is,shes=she is,theyre=they are,youre=you are,cant=can not,cannot=can not,wont=will not,hasnt=has not,havent=have not,weve=we have,theyve=they have,couldnt=could not,wouldnt=would not,thats=that is,can't=can not,won't=will not,whos=who is,gonna=going to,wanna=want to,luv=love,luvs=loves,ain't=is not,aint=is not,u=you,ur=your,alergic=allergic,alergy=allergy,favorite=favourite,fave=favourite,fav=favourite,favourit=favourite,birtday=birthday,brithday=birthday,bday=birthday,vegeterian=vegetarian,docter=doctor,scool=school,skool=school,docotr=doctor,allergc=allergic,allegric=allergic"
    .split(',')
    .map((pair) => pair.split('=') as [string, string]),
);

/** "The kids' dentist": the apostrophe behind a plural is no part of a word. */
const owning = (clause: string, word: Word): Word[] =>
  word.text.endsWith('s') && /^'(?= )/.test(clause.slice(word.end, word.end + 2))
    ? [word, { ...word, text: "'s", raw: "'s", end: word.end + 1 }]
    : expand(word);

function expand(word: Word): Word[] {
  const bare = BARE.get(word.text);
  if (bare !== undefined) {
    const parts = bare.split(' ');
    return parts.map((text) => ({ ...word, text, raw: parts.length === 1 ? word.raw : text }));
  }
  for (const [shape, second] of CONTRACTED) {
    const stem = shape.exec(word.text)?.[1];
    if (stem) {
      const first = stem === 'ca' ? 'can' : stem === 'wo' ? 'will' : stem;
      return [
        { ...word, text: first, raw: word.raw.slice(0, stem.length) },
        { ...word, text: second, raw: second },
      ];
    }
  }
  return [word];
}

/** How English clauses are built. */
export const ENGLISH: Grammar = {
  words: (clause) => plainWords(clause).flatMap((word) => owning(clause, word)),
  subjects: englishSubjects,
  verbs: englishPhrases,
};
