import { type Word, words as plainWords } from './fold.js';
import { type Grammar } from './grammar.js';
import { spanishPhrases } from './spanish.phrases.js';
import { spanishSubjects } from './spanish.subjects.js';

/** Written in a hurry. */
const TYPOS = new Map(
  'q=que,k=que,xq=porque,pq=porque,tb=tambien,tmb=tambien,tambn=tambien,alergica=alergica,vivmos=vivimos,alerjico=alergico,alerjica=alergica,alergía=alergia,ijo=hijo,ija=hija,gustaa=gusta,cumple=cumple,nvia=novia,bamos=vamos,aora=ahora,benimos=venimos,bivo=vivo,bive=vive,bivimos=vivimos,ai=hay,trabjo=trabajo,trbajo=trabajo,vegetarina=vegetariana'
    .split(',')
    .map((pair) => pair.split('=') as [string, string]),
);

const expand = (word: Word): Word[] => {
  const right = TYPOS.get(word.text);
  if (word.text === 'al') return [word];
  return right === undefined || right === word.text ? [word] : [{ ...word, text: right, raw: right }];
};

/** How Spanish clauses are built. */
export const SPANISH: Grammar = {
  words: (clause) => plainWords(clause).flatMap(expand),
  subjects: spanishSubjects,
  verbs: spanishPhrases,
};
