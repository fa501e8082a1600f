import { type Language } from '../facts.types.js';
import { conceptKey } from '../lexicon/concepts.js';
import { type Who } from '../people/people.js';

const SPECIES: Readonly<Record<Language, string>> = {
  en: '(?:pet )?(?:dog|cat|hamster|rabbit|bunny|parrot|budgie|guinea pig|horse|pony|tortoise|turtle|goldfish|fish|puppy|kitten|gerbil|ferret|canary|snake|lizard|gecko|labrador|poodle|beagle|spaniel)',
  es: '(?:perr[oa]|perrit[oa]|gat[oa]|gatit[oa]|hamster|conej[oa]|conejito|loro|periquito|cobaya|caballo|poni|tortuga|pez|cachorro|huron|canario|serpiente|lagarto)',
};
const NAME = '(?:,? (?<name>\\p{Lu}\\p{Ll}+),?)?';
const GONE: Readonly<Record<Language, string>> = {
  en: '(?:has |have |had |just |sadly |finally |recently |unfortunately |was |got )*(?:died|passed away|crossed the rainbow bridge|put down|put to sleep|run over|ran away|passed on|is no longer with us|is gone)\\b',
  es: '(?:se |nos |ha |ya |lamentablemente )*(?:murio|muerto|fallecio|fallecido|se ha muerto|se murio|se escapo|escapado)\\b',
};

interface PetNews {
  readonly ends: boolean;
  readonly object: string;
}

/** The owner's part is read already: "(my) dog Rex died", "(Leo's) cat is called Tom". The text keeps its capitals. */
export function petNews(owned: string, folded: string, language: Language): PetNews | null {
  const species = new RegExp(
    `^(?:(?:old|poor|beloved|dear|new|little|querid[oa]|pobre) )*(?<species>${SPECIES[language]})(?= |$|,)`,
    'u',
  ).exec(folded);
  const kind = species?.groups?.['species'];
  if (!species || kind === undefined) return null;
  const rest = owned.slice(species[0].length);
  const name = new RegExp(`^${NAME}`, 'u').exec(rest);
  const called = name?.groups?.['name'];
  const after = folded.slice(species[0].length + (name?.[0].length ?? 0)).trim();
  const object = called === undefined ? kind : `${kind} called ${called}`;
  if (new RegExp(`^${GONE[language]}`).test(after)) return { ends: true, object: called ?? kind };
  const naming = /^(?:'s name is|'s called|is called|is named|'s named|se llama|is|es)(?: now)? (\p{Lu}\p{Ll}+)[.!]*$/u;
  const named = naming.exec(rest.trim());
  if (named?.[1] !== undefined) return { ends: false, object: `${kind} called ${named[1]}` };
  return called !== undefined && after !== '' ? { ends: false, object } : null;
}

/** "Rex died": the pet's name, when nobody of the family bears it. */
export function petGone(
  raw: string,
  folded: string,
  language: Language,
  keeperOf: (name: string) => Who | null,
): { who: Who; object: string } | null {
  const name =
    language === 'es'
      ? (new RegExp(`^(?:se (?:nos )?)?(?:murio|ha muerto|fallecio) (?<name>\\p{L}+)[.!]*$`, 'u').exec(folded) ??
        new RegExp(`^(?<name>\\p{L}+) ${GONE.es}`, 'u').exec(folded))
      : new RegExp(
          `^(?:(?<name>\\p{L}+) ${GONE.en}|(?:we|i) (?:(?:have|had|just|have had) )*(?:to )?put (?<down>\\p{L}+) (?:down|to sleep))`,
          'u',
        ).exec(folded);
  const called = name?.groups?.['name'] ?? name?.groups?.['down'];
  const mourned = new RegExp(
    `^(?:se (?:(?:nos|me|le|les) )?)?(?:murio|ha muerto|fallecio|ha fallecido) (?:mi|nuestr[oa]|el|la) (?<species>${SPECIES.es})(?: (?<of>\\p{L}+))?[.!\\s]*$`,
    'u',
  ).exec(folded)?.groups;
  if (mourned) {
    const of = mourned['of'] ?? conceptKey(mourned['species'] ?? '') ?? '';
    const keeper = keeperOf(of);
    return keeper ? { who: keeper, object: mourned['of'] ?? mourned['species'] ?? '' } : null;
  }
  if (called === undefined) {
    const species = new RegExp(`^(?:the|el|la) (?<species>${SPECIES[language]}) ${GONE[language]}`).exec(folded)
      ?.groups?.['species'];
    const keeper = species === undefined ? null : keeperOf(conceptKey(species) ?? species);
    return keeper && species !== undefined ? { who: keeper, object: species } : null;
  }
  const who = keeperOf(called);
  const at = folded.indexOf(called);
  return who ? { who, object: raw.slice(at, at + called.length) } : null;
}
