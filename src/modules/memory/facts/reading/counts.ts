import { type Language } from '../facts.types.js';
import { fold } from '../language/fold.js';

const CHILDREN: Readonly<Record<Language, string>> = {
  en: 'children|kids|sons|daughters|boys|girls',
  es: 'hij[oa]s|ni[nñ][oa]s|chic[oa]s|peques',
};
const PLURAL =
  /^(?:\S+ )*(?:children|kids|sons|daughters|boys|girls|brothers|sisters|siblings|hij[oa]s|nin[oa]s|chic[oa]s|herman[oa]s)$/;
const ANIMALS =
  /^(?:\S+ )*(?:dogs|cats|puppies|kittens|hamsters|rabbits|bunnies|parrots|budgies|guinea pigs|tortoises|turtles|horses|ponies|snakes|lizards|geckos|ferrets|gerbils|hens|chickens|mice|rats|birds|(?:perr|perrit|gat|gatit|conej|conejit|cachorrit)[oa]s|cachorros|peces|loros|periquitos|canarios|cobayas|tortugas|caballos|ponis|serpientes|lagartos|hurones|gallinas|galg[oa]s|ratones|pajaros)$/;

/** Whether an object only counts ("two dogs", "children") and names nobody. */
export function isCount(predicate: string, object: string): boolean {
  if (predicate === 'pet') return ANIMALS.test(fold(object));
  return (predicate === 'child' || predicate === 'sibling') && PLURAL.test(fold(object));
}

const NAMES = '(?<names>\\p{Lu}\\p{L}+(?:(?:, | and | & | y | e )\\p{Lu}\\p{L}+)*)';
const LISTED: Readonly<Record<Language, RegExp>> = {
  en: new RegExp(
    `^(?:[Ww]e|I)(?:'ve got| have got| have) (?:\\p{Ll}+ |\\d )?(?:${CHILDREN.en})(?:,|:| -| called| named|, called|, named) ${NAMES}[\\s.!]*$`,
    'u',
  ),
  es: new RegExp(
    `^(?:[Tt]engo|[Tt]enemos) (?:\\p{Ll}+ |\\d )?(?:${CHILDREN.es})(?:,|:| -| llamad[oa]s| que se llaman|, que se llaman) ${NAMES}[\\s.!]*$`,
    'u',
  ),
};

/** "We have two children, Leo and Mia": their names. */
export const childrenByName = (raw: string, language: Language): string[] =>
  LISTED[language].exec(raw)?.groups?.['names']?.split(/, | and | & | y | e /) ?? [];
