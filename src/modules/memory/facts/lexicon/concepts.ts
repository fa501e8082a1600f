import { CONCEPTS } from './concepts.data.js';
import { OCCUPATIONS } from './occupations.data.js';

export type Category = keyof typeof CONCEPTS | 'occupation';

const keys = new Map<string, string>();
const members = new Map<Category, Set<string>>();

for (const [category, list] of Object.entries({ ...CONCEPTS, occupation: OCCUPATIONS }) as [Category, string][]) {
  const spellings = new Set<string>();
  for (const entry of list.split(',')) {
    const [key = '', ...others] = entry
      .trim()
      .split('|')
      .map((spelling) => spelling.trim());
    for (const spelling of [key, ...others]) {
      spellings.add(spelling);
      if (!keys.has(spelling)) keys.set(spelling, key);
    }
  }
  members.set(category, spellings);
}

/** Spellings worth trying: as it is, and without the endings of the plural. */
function singulars(text: string): string[] {
  const tried = [text];
  if (text.endsWith('ies')) tried.push(`${text.slice(0, -3)}y`);
  if (text.endsWith('es')) tried.push(text.slice(0, -2));
  if (text.endsWith('s')) tried.push(text.slice(0, -1));
  else tried.push(`${text}s`);
  return tried;
}

/** The common key of a thing under all its names in both languages, or null; the text is folded, without article. */
export function conceptKey(text: string): string | null {
  for (const spelling of singulars(text)) {
    const key = keys.get(spelling);
    if (key !== undefined) return key;
  }
  return null;
}

/** Whether the folded text names something of the category. */
export function isOf(category: Category, text: string): boolean {
  const known = members.get(category);
  return known !== undefined && singulars(text).some((spelling) => known.has(spelling));
}

/** Whether the folded text, or its last words ("fried rice") or first ones (Spanish: "arroz con pollo") name something of the category. */
export function endsOn(category: Category, text: string): boolean {
  if (isOf(category, text)) return true;
  const parts = text.split(' ').slice(0, 6);
  for (let at = 1; at < parts.length; at++)
    if (isOf(category, parts.slice(at).join(' ')) || isOf(category, parts.slice(0, -at).join(' '))) return true;
  return false;
}
