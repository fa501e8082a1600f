/**
 * Lower case without accents, unit by unit, so that every position in the result is the same position in the text.
 */
export function fold(text: string): string {
  // Most texts are plain ASCII or nearly so.
  return text
    .replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase())
    .replace(/[\u0080-\ud7ff\uf900-\uffff]/g, foldUnit);
}

const foldUnit = (unit: string): string => (unit.normalize('NFD')[0] ?? unit).toLowerCase()[0] ?? unit;

/** One spelling for quotation marks, apostrophes, blanks and the words that facts hang on; letters composed. */
export function tidyText(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[‘’ʼ´`]/g, "'")
    .replace(/[“”„]/g, '"')
    .replace(/\b(?:favorite|fave|fav)(s?)\b/gi, 'favourite$1')
    .replace(/\b(?:alergic|allergc|allegric|alergick|allergik)\b/gi, 'allergic')
    .replace(/\ballergic too\b/gi, 'allergic to')
    .replace(/\baler[jg]ic([oa]s?)\b/gi, 'alergic$1')
    .replace(/\bvegeterian\b/gi, 'vegetarian')
    .replace(/\b(?:b-?day|birtday|brithday|birthdy)\b/gi, 'birthday')
    .replace(/[\u00a0\u202f\t ]+/g, ' ');
}

/** A word of a clause. Contractions are several words at one place; `start` and `end` count in the clause's text. */
export interface Word {
  /** Folded, without punctuation at its ends. */
  readonly text: string;
  /** As written. */
  readonly raw: string;
  readonly start: number;
  readonly end: number;
}

const WORD = /[\p{L}\p{N}+@](?:\S*[\p{L}\p{N}+])?/gu;

/** The words of a clause, without contractions taken apart. */
export function words(clause: string): Word[] {
  const folded = fold(clause);
  const found: Word[] = [];
  for (const { 0: raw, index } of clause.matchAll(WORD)) {
    const end = index + raw.length;
    found.push({ text: folded.slice(index, end), raw, start: index, end });
  }
  return found;
}
