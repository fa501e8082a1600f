import { type Language } from '../facts.types.js';
import { englishForms } from '../language/english.verbs.js';
import { fold, tidyText, type Word, words } from '../language/fold.js';
import { spanishForms } from '../language/spanish.verbs.js';
import { RETRACTED } from './gates.js';

export interface Sentence {
  readonly raw: string;
  readonly folded: string;
  readonly asks: boolean;
}

/** Texts beyond this many characters are read up to it, and sentences beyond theirs are none that states a plain fact. */
const TEXT_LIMIT = 20_000;
const SENTENCE_LIMIT = 600;

const END =
  /[.!?…]+[\s)"'\p{Extended_Pictographic}\ufe0f\u200d]*|[\n;]+|(?<=[\p{Extended_Pictographic}\ufe0f])\s+(?=[\p{Lu}¿¡])/gu;
const ABBREVIATION =
  /(?:^|[\s(])(?:st|mr|mrs|ms|dr|dra|sr|sra|srta|d|dña|prof|no|vs|etc|av|avda|c|ctra|jr|sgt|ft|approx|tel|tlf|num|núm|p|m|e\.g|i\.e|[a-z])$/i;
const QUOTED = /"[^"\n]{1,400}"|«[^»\n]{1,400}»|(?<![\p{L}\p{N}])'[^'\n]{1,200}'(?![\p{L}\p{N}])/gu;
const TITLE = /(?:favou?rite|favorit|called|named|llam|titul|nicknam|apodo|call me|known as)[^.!?\n]{0,60}$/i;

/** Hides what others say; a short quotation that names something stays, without its marks. */
function hideQuotations(text: string): string {
  return text.replace(QUOTED, (quoted, at: number) => {
    const inner = quoted.slice(1, -1);
    if (TITLE.test(text.slice(Math.max(0, at - 90), at)) && inner.split(' ').length < 8) return ` ${inner} `;
    return inner.split(' ').length <= 1 && !/\b(?:says?|said|dice|dijo)\b/i.test(text.slice(Math.max(0, at - 20), at))
      ? ` ${inner} `
      : ` \u0000 `;
  });
}

/** The sentences that their speaker says in earnest: without quoted lines, other speakers' lines and what is taken back. */
export function sentencesOf(message: string): Sentence[] {
  const text = hideQuotations(tidyText(message.slice(0, TEXT_LIMIT)))
    .replace(/https?:\/\/\S+|www\.\S+/g, ' ')
    .replace(/^ *>.*$/gm, '')
    .replace(/^ *(?:assistant|bot|ai|asistente|system)\s*:.*$/gim, '')
    .replace(/^ *[-*•·] +/gm, '');
  const found: Sentence[] = [];
  let start = 0;
  const close = (end: number): void => {
    const raw = text.slice(start, end).trim();
    start = end;
    if (!/\p{L}/u.test(raw)) {
      // A lone emoji behind a line belongs to it.
      const before = found.at(-1);
      if (before && raw) found[found.length - 1] = { ...before, raw: `${before.raw} ${raw}` };
      return;
    }
    if (RETRACTED.test(raw) && raw.length < 40) {
      found.length = 0;
      return;
    }
    if (/^(?:ja(?:ja)+|ha(?:ha)+|lol|lmao|xd+)[\s!.😂🤣]*$/iu.test(raw)) {
      found.pop();
      return;
    }
    if (raw.length <= SENTENCE_LIMIT) found.push({ raw, folded: fold(raw), asks: /\?\W*$|¿/.test(raw) });
  };
  for (const match of text.matchAll(END)) {
    const end = match.index + match[0].length;
    const dot = match[0].startsWith('.') && !match[0].startsWith('..');
    const next = text[end] ?? '';
    if (dot && end < text.length) {
      if (!/\s/.test(match[0]) && next !== '') continue;
      if (ABBREVIATION.test(text.slice(Math.max(start, match.index - 6), match.index))) continue;
    }
    close(end);
  }
  close(text.length);
  return found;
}

const SPANISH =
  /[ñ¿¡]|(?<!\p{L})(?:el|la|los|las|de|que|en|mi|mis|con|por|para|es|soy|somos|una|unos|muy|pero|porque|ya|se|le|les|nos|su|sus|al|del|hijo|hija|hermano|hermana|madre|padre|abuela|abuelo|tiene|tengo|vive|vivo|vivimos|gusta|gustan|encanta|años|anos|hoy|ayer|desde|hace|trabajo|trabaja|esta|está|tambien|también|nuestro|nuestra|mamá|papá|llamo|llama|cumple|cumpleaños|favorito|favorita|como|come|ha|han|hemos|hecho|sido|son|era|este|lo|cuando|muy|comen|toca|juega|odia|habla|y)(?!\p{L})/giu;
const ENGLISH =
  /(?<!\p{L})(?:the|is|are|am|i|i'm|im|my|our|his|her|and|of|to|in|on|at|was|has|have|we|we're|they|she|not|don't|doesn't|with|for|an|it|it's|that|this|very|but|lives?|likes?|loves?|works?|favou?rite|birthday|allergic|from|he's|anymore|hates?|school|got|plays?|goes|speaks?|moved|used|called|now)(?!\p{L})/giu;

/** The language in which most little words are. */
export function languageOf(text: string): Language {
  const some = text.slice(0, 400);
  const spanish = (some.match(SPANISH)?.length ?? 0) + (some.match(/[áéíóúñ¿¡]/giu)?.length ?? 0);
  const english = some.match(ENGLISH)?.length ?? 0;
  if (spanish !== english) return spanish > english ? 'es' : 'en';
  const verbs = words(some);
  const of = (forms: (word: Word) => readonly unknown[]): number =>
    verbs.filter((word) => forms(word).length > 0).length;
  return of((word) => spanishForms(word.text, word.raw)) > of((word) => englishForms(word.text)) ? 'es' : 'en';
}
