import { type Language } from '../facts.types.js';
import { type Who } from '../people/people.js';

/** A pet without a name that was just told of. */
export interface Unnamed {
  readonly who: readonly Who[];
  readonly kind: string;
}

const ANIMAL: Readonly<Record<Language, string>> = {
  en: 'dogs?|cats?|hamsters?|rabbits?|bunny|bunnies|parrots?|budgies?|guinea pigs?|horses?|pony|ponies|tortoises?|turtles?|goldfish|fish|puppy|puppies|kittens?|gerbils?|ferrets?|snakes?|lizards?|geckos?|hens?|chickens|labradors?|poodles?|beagles?|spaniels?|greyhounds?|pugs?|rats?|mice|canary|canaries',
  es: 'perr[oa]s?|perrit[oa]s?|gat[oa]s?|gatit[oa]s?|hamsters?|conej[oa]s?|conejit[oa]s?|loros?|periquitos?|cobayas?|caballos?|ponis?|tortugas?|pez|peces|cachorr[oa]s?|hurones|huron|canarios?|gallinas?|galg[oa]s?|podenc[oa]s?',
};
const NAMES = '(?<names>\\p{Lu}\\p{L}+(?:(?:, | and | & | y | e )\\p{Lu}\\p{L}+)*)';
const LISTED: Readonly<Record<Language, RegExp>> = {
  en: new RegExp(
    `\\b(?:have|has|had|got|adopted|bought|own|keep|'ve|'s) (?:got |just |adopted |bought |rescued |now )*(?:an? |two |three |four |\\d |our |some )?(?:(?:new|little|lovely|old|beautiful|tiny|rescue|black|white|ginger|brown|pet) )*(?<kind>${ANIMAL.en})(?:,|:| -| called| named|, called|, named) ${NAMES}[\\s.!]*$`,
    'iu',
  ),
  es: new RegExp(
    `(?:^|\\s)(?:tengo|tiene|tenemos|tienen|hemos adoptado|he adoptado|adoptamos|compramos|hemos comprado|ha adoptado) (?:un |una |dos |tres |cuatro |\\d )?(?<kind>${ANIMAL.es})(?: \\p{Ll}+)?(?:,|:| -| llamad[oa]s?| que se llaman?|, llamad[oa]s?|, que se llaman?) ${NAMES}[\\s.!]*$`,
    'iu',
  ),
};
const SINGLE: readonly (readonly [RegExp, string])[] = [
  [/^mice$/i, 'mouse'],
  [/ces$/i, 'z'],
  [/ies$/i, 'y'],
  [/(?<=n)es$/i, ''],
  [/(?<!s)s$/i, ''],
];
const single = (kind: string): string => {
  for (const [ending, one] of SINGLE) if (ending.test(kind)) return kind.replace(ending, one);
  return kind;
};
/** The names of an enumeration; names are written big. */
const namesIn = (names: string): string[] =>
  names.split(/, | and | & | y | e /).filter((name) => /^\p{Lu}/u.test(name));

const THE: Readonly<Record<Language, RegExp>> = {
  en: new RegExp(`^the (?:new )?(?<kind>${ANIMAL.en})(?:'s| is| are) (?:called|named) ${NAMES}[\\s.!]*$`, 'iu'),
  es: new RegExp(`^(?:el|la) (?<kind>${ANIMAL.es}) se llama ${NAMES}[\\s.!]*$`, 'iu'),
};

/** "The dog is called Rocky": the household's. */
export function petOfHouse(raw: string, language: Language): string[] {
  const { kind, names } = THE[language].exec(raw)?.groups ?? {};
  return kind === undefined || names === undefined
    ? []
    : namesIn(names).map((name) => `${single(kind)} called ${name}`);
}

/** "Two cats, Salt and Vinegar": each by its name. */
export function petsByName(raw: string, folded: string, language: Language): string[] {
  if (/\b(?:not|n't|never|used to|no)\b/.test(folded)) return [];
  const { kind, names } = LISTED[language].exec(raw)?.groups ?? {};
  if (kind === undefined || names === undefined) return [];
  return namesIn(names).map((name) => `${single(kind)} called ${name}`);
}

const CALLED: Readonly<Record<Language, RegExp>> = {
  en: new RegExp(
    `^(?:and |so )*(?:(?:she|he|it|they)(?:'s|'re| is| are) (?:called|named) |(?:his|her|its|their) names? (?:is|are) |we(?:'ve| have)? (?:called|named|decided to call) (?:her|him|it|them) |(?:called|named) (?:(?:her|him|it|them) )?)${NAMES}[\\s.!]*$`,
    'iu',
  ),
  es: new RegExp(
    `^(?:y )?(?:se llaman? |le (?:hemos|he|han) puesto(?: de nombre)? |(?:lo|la|le|los|las|les) (?:hemos llamado|llamamos) |su nombre es |de nombre )${NAMES}[\\s.!]*$`,
    'iu',
  ),
};

/** "Hemos adoptado un galgo, se llama Trueno": the pet of before with its name. */
export function petsCalled(raw: string, language: Language, pet: Unnamed): string[] {
  const names = CALLED[language].exec(raw)?.groups?.['names'];
  return names === undefined ? [] : namesIn(names).map((name) => `${single(pet.kind)} called ${name}`);
}

const RENAMED: Readonly<Record<Language, readonly RegExp[]>> = {
  en: [
    /^(?<old>\p{Lu}\p{L}+) is (?:now called|now named|called|now) (?<name>\p{Lu}\p{L}+)(?: now| instead)?[\s.!]*$/u,
    /(?:renamed|rechristened) (?:the |our )?(?:\p{Ll}+ )?(?<old>\p{Lu}\p{L}+) (?:to |as )?(?<name>\p{Lu}\p{L}+)[\s.!]*$/u,
    /changed (?<old>\p{Lu}\p{L}+)'s name to (?<name>\p{Lu}\p{L}+)[\s.!]*$/u,
  ],
  es: [
    /^(?<old>\p{Lu}\p{L}+) (?:ahora |ya )?se llama (?:ahora )?(?<name>\p{Lu}\p{L}+)[\s.!]*$/u,
    /(?:cambiado|cambiamos|cambié) el nombre a (?<old>\p{Lu}\p{L}+)(?: por|,? ahora se llama|,? ahora es|:|,) (?<name>\p{Lu}\p{L}+)[\s.!]*$/u,
    /rebautizado a (?<old>\p{Lu}\p{L}+) como (?<name>\p{Lu}\p{L}+)[\s.!]*$/u,
  ],
};

/** "We renamed Pepper to Salt". */
export function petRenamed(raw: string, language: Language): { old: string; name: string } | null {
  for (const renamed of RENAMED[language]) {
    const { old, name } = renamed.exec(raw)?.groups ?? {};
    if (old !== undefined && name !== undefined) return { old, name };
  }
  return null;
}
