import { type Language } from '../facts.types.js';

const FORMER: Readonly<Record<Language, RegExp>> = {
  en: /^(?<name>\p{Lu}\p{L}+(?: \p{Lu}\p{L}+)?) (?:isn't|is not|is)(?<over> no longer)? (?:my|our) (?:husband|wife|partner|spouse)(?<more> any ?more| any longer)?[\s.!]*$/u,
  es: /^(?<name>\p{Lu}\p{L}+(?: \p{Lu}\p{L}+)?)(?<over> ya)? no es (?:ya )?mi (?:marido|mujer|esposo|esposa|pareja)(?<more> ya)?[\s.!]*$/u,
};

/** "Paul is not my husband anymore": whose marriage with the speaker is over, or never was. */
export function formerSpouse(raw: string, language: Language): { name: string; isOver: boolean } | null {
  const groups = FORMER[language].exec(raw)?.groups;
  const name = groups?.['name'];
  const isOver = (groups?.['over'] ?? groups?.['more']) !== undefined;
  if (name === undefined || (!isOver && !/ (?:isn't|is not|no es) /.test(raw))) return null;
  return { name, isOver };
}

const DIVORCE: Readonly<Record<Language, RegExp>> = {
  en: /^(?:we|(?<other>(?:my )?\p{L}+) and (?:i|me)|(?:me|i) and (?<after>(?:my )?\p{L}+))(?: have|'ve)?(?: just| now| finally| recently)* (?:got|gotten) (?:a )?divorced?(?: .*)?[\s.!]*$/u,
  es: /^(?:(?<other>(?:mi )?\p{L}+) y yo |yo y (?<after>(?:mi )?\p{L}+) |nosotros )?(?:ya |al final )?nos (?:hemos divorciado|divorciamos|acabamos de divorciar)(?: .*)?[\s.!]*$/u,
};

/** "Paul y yo nos divorciamos": where the other one stands in the folded text; "we" leaves the partner to be known. */
export function divorceOf(folded: string, language: Language): { from: number; to: number } | null {
  const match = DIVORCE[language].exec(folded);
  if (!match) return null;
  const name = match.groups?.['other'] ?? match.groups?.['after'];
  const from = name === undefined ? 0 : folded.indexOf(name);
  return { from, to: from + (name?.length ?? 0) };
}
