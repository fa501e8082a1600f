import { type Language } from '../facts.types.js';

const NEWS: Readonly<Record<Language, readonly RegExp[]>> = {
  en: [
    /^(?:my|our) (?:(?:new|baby|little|second|first|third|beautiful) )*(?:son|daughter|baby|baby boy|baby girl|boy|girl|grandson|granddaughter|grandchild|nephew|niece|brother|sister),? (?<name>\p{Lu}\p{L}+,? )?(?:was|has been) born(?:,? .*)?$/u,
    /^(?:(?:little|baby) )?(?<name>\p{Lu}\p{L}+) (?:was|has been) born\s*(?:,.*)?$/u,
  ],
  es: [
    /^(?:ya )?(?:ha nacido|nació|nacio) (?:mi|nuestr[oa]|el|la) (?:(?:segund[oa]|primer|primera|nuev[oa]) )?(?:hij[oa]|niet[oa]|bebé|bebe|niñ[oa]|nin[oa]|sobrin[oa]|herman[oa]|herman(?:ito|ita)),? ?(?<name>\p{Lu}\p{L}+)?\s*$/u,
    /^(?:mi|nuestr[oa]) (?:hij[oa]|niet[oa]|bebé|bebe|niñ[oa]|sobrin[oa]|herman[oa]),? (?<name>\p{Lu}\p{L}+ )?(?:ha nacido|nació|nacio)\s*$/u,
    /^(?:ya )?(?:ha nacido|nació|nacio) (?<name>\p{Lu}\p{L}+)\s*$/u,
  ],
};

/** "Our daughter Julia was born": the child's name, or null; the text is without words of time. */
export function bornChild(raw: string, language: Language): string | null {
  const text = raw
    .replace(/[\s.!]+$/, '')
    .replace(/\s+/g, ' ')
    .replace(/^./, (first) => first.toLowerCase());
  for (const pattern of NEWS[language]) {
    const match = pattern.exec(text) ?? pattern.exec(raw.replace(/[\s.!]+$/, '').replace(/\s+/g, ' '));
    if (match) return match.groups?.['name']?.replace(/,? $/, '') ?? (language === 'en' ? 'baby' : 'bebé');
  }
  return null;
}
