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

const byLanguage = (source: (language: Language) => string): Readonly<Record<Language, RegExp>> => ({
  en: new RegExp(source('en'), 'u'),
  es: new RegExp(source('es'), 'u'),
});

interface PetNews {
  readonly ends: boolean;
  readonly object: string;
}

const OWNED = byLanguage(
  (language) => `^(?:(?:old|poor|beloved|dear|new|little|querid[oa]|pobre) )*(?<species>${SPECIES[language]})(?= |$|,)`,
);
const NAMED = new RegExp(`^${NAME}`, 'u');
const IS_GONE = byLanguage((language) => `^${GONE[language]}`);
const CALLED =
  /^(?:'s name is|'s called|is called|is named|'s named|se llama|is|es)(?: now)? (?<name>\p{Lu}\p{Ll}+)[.!]*$/u;

/** The owner's part is read already: "(my) dog Rex died", "(Leo's) cat is called Tom". The text keeps its capitals. */
export function petNews(owned: string, folded: string, language: Language): PetNews | null {
  const species = OWNED[language].exec(folded);
  const kind = species?.groups?.['species'];
  if (!species || kind === undefined) return null;
  const rest = owned.slice(species[0].length);
  const name = NAMED.exec(rest);
  const called = name?.groups?.['name'];
  const after = folded.slice(species[0].length + (name?.[0].length ?? 0)).trim();
  if (IS_GONE[language].test(after)) return { ends: true, object: called ?? kind };
  const named = CALLED.exec(rest.trim())?.groups?.['name'];
  if (named !== undefined) return { ends: false, object: `${kind} called ${named}` };
  return called !== undefined && after !== '' ? { ends: false, object: `${kind} called ${called}` } : null;
}

const NEWS: Readonly<Record<Language, readonly RegExp[]>> = {
  en: [
    new RegExp(`^(?<name>\\p{L}+) ${GONE.en}`, 'u'),
    /^(?:we|i) (?:(?:have|had|just) )*(?:to )?put (?<name>\p{L}+) (?:down|to sleep)/u,
    new RegExp(`^the (?<species>${SPECIES.en}) ${GONE.en}`, 'u'),
    new RegExp(
      `^(?:we|i) ?(?:'ve |have |had |just |to |recently |finally )*(?:gave|given|give|rehomed|rehome|sold|sell|lost|donated) (?:away )?(?:our |my |the )?(?:(?<species>${SPECIES.en})|(?<name>\\p{L}+))(?: away| to .*| up .*)?[.!\\s]*$`,
      'u',
    ),
    /^(?<name>\p{L}+) (?:has |now |just )*(?:gone to live|went to live|lives|moved in) with (?!us\b|me\b).+$/u,
    /^(?<name>\p{L}+) (?:did not make it|didn't make it|had to be put|has left us|was put|got run over|crossed over)/u,
  ],
  es: [
    new RegExp(
      `^(?:se (?:(?:nos|me|le|les) )?)?(?:murio|ha muerto|fallecio|ha fallecido) (?:mi|nuestr[oa]|el|la) (?<species>${SPECIES.es})(?: (?<name>\\p{L}+))?[.!\\s]*$`,
      'u',
    ),
    /^(?:se (?:nos )?)?(?:murio|ha muerto|fallecio) (?<name>\p{L}+)[.!]*$/u,
    new RegExp(`^(?<name>\\p{L}+) ${GONE.es}`, 'u'),
    new RegExp(`^(?:el|la) (?<species>${SPECIES.es}) ${GONE.es}`, 'u'),
    new RegExp(
      `^(?:(?:le|les|se|nos|lo|la|al final|ya) )*(?:(?:hemos|he|tuvimos que|tuve que|hubo que) (?:dado|regalado|vendido|cedido|perdido|sacrificado|dar|regalar|vender|sacrificar|dormir)|dimos|regalamos|vendimos|perdimos|regale|di|vendi|sacrificamos|dormimos)(?: en adopcion)? (?:a |al |la |el |a la |a mi |a nuestr[oa] )?(?:(?<species>${SPECIES.es})|(?<name>\\p{L}+))(?: .*)?$`,
      'u',
    ),
    /^(?<name>\p{L}+) (?:ya no esta|ya no vive|se ha ido a vivir|se fue a vivir|vive ahora con|cruzo el arcoiris|nos ha dejado|nos dejo)\b/u,
  ],
};

/** "Rex died", "the hamster died": whose pet it was, as far as known. */
export function petGone(
  raw: string,
  folded: string,
  language: Language,
  keeperOf: (name: string) => Who | null,
): { who: Who; object: string } | null {
  for (const news of NEWS[language]) {
    const { name, species } = news.exec(folded)?.groups ?? {};
    const word = name ?? species;
    if (word === undefined) continue;
    const who = keeperOf(name ?? conceptKey(word) ?? word);
    const at = folded.indexOf(word);
    if (who) return { who, object: raw.slice(at, at + word.length) };
  }
  return null;
}
