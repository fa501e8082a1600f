import { fold } from '../language/fold.js';
import { conceptKey, endsOn, isOf } from '../lexicon/concepts.js';
import { tidyObject } from '../objects.js';
import { NATIONALITIES } from './objects.words.js';

/** A predicate of the catalogue and its object. */
export interface Accepted {
  readonly predicate: string;
  readonly object: string;
  /** The opposite of what the words say: who eats meat avoids it no longer. */
  readonly inverted?: true;
  /** Over, whatever the verb says of the others. */
  readonly over?: true;
}

export interface Asked {
  /** Whether the message knows capitals, so that a small first letter tells something. */
  readonly cased: boolean;
  /** A child, who is no doctor. */
  readonly young: boolean;
  /** A child or a teenager: one who goes to school. */
  readonly pupil: boolean;
  isName(word: string): boolean;
}

export type Accept = (object: string, folded: string, asked: Asked) => readonly Accepted[];

export const NO_OBJECT =
  /^el$|^(?:it|this|that|these|those|there|here|him|her|them|me|us|you|myself|himself|herself|everything|nothing|anything|something|everyone|people|life|how|when|what|where|why|who|so|to be|being|seeing|having|having to|the way|the idea|the fact|the thought|the same|one|both|each other|more|much|too|my|our|his|their|your|if|as|than|later|back|esto|eso|aquello|ello|todo|nada|algo|nadie|que|como|cuando|donde|lo|la idea|el hecho|estar|ser|tener|mi|tu|su|nuestr[oa]|ella|ellos|mas|asi|bien|mal|ver|cada|mismo|vida|la vida)(?: |$)/;
export const JOKES =
  /^(?:mondays?|homework|work|mornings?|chores?|housework|maths?|exercise|school|people|cleaning|stupidity|stupid people|bullshit|nonsense|early mornings|getting up|washing up|ironing|bills|taxes|politics|my (?:boss|brother|sister|ex|job|mother-in-law)|idiots|vegetables of any kind|(?:los|las|el|la )??(?:lunes|deberes|trabajo|madrugar|madrugones|tareas|limpieza|limpiar|trabajar|estudiar|fregar|gente|colegio|cole|matematicas|tonterias|mentiras|responsabilidades|responsabilities|drama|love|amor|fun|rules|bad music|boredom))$/;
const PROTECTED =
  /^(?:(?:mac|macaroni) and cheese|fish and chips|rock and roll|dungeons and dragons|salt and vinegar|hide and seek|bread and butter|peanut butter and jelly|tom and jerry|lilo and stitch|harry potter and .*|the lion the witch .*|gin and tonic|rhythm and blues|black and white films?|arts and crafts|macarrones con .*|arroz con .*|beauty and the beast|milk and cookies|romeo y julieta|mushrooms? and .* pie)$/;
const LIST = /\s*,\s*(?:and |or |y |e |ni |nor )?|\s+(?:and|or|nor|y|e|o|u|ni|&|\+|as well as|asi como)\s+(?:also )?/;

/** The members of an enumeration. */
export function listed(object: string): string[] {
  if (PROTECTED.test(fold(object))) return [object];
  const parts = object
    .split(new RegExp(LIST.source, 'i'))
    .map((part) =>
      tidyObject(
        part.replace(
          /^(?:to |a bit of |a little |some |un poco de |algo de |al |a la |a los |a las |a both |either |neither |ni |tanto |especially |sobre todo )(?=\S)/i,
          '',
        ),
      ),
    )
    .filter((part) => part !== '');
  // "loves broccoli, weird kid": what follows a mere comma is a remark unless it is one of the known things.
  const closed = /(?:^|\s)(?:and|or|nor|y|e|o|u|ni|&|\+)\s[^,]*$/i.test(object) || !object.includes(',');
  return closed ? parts : parts.filter((part, at) => at === 0 || conceptKey(fold(part)) !== null);
}

export const wordsIn = (text: string): number => text.split(' ').length;
export const keep = (predicate: string, object: string): readonly Accepted[] => [{ predicate, object }];
export const NONE: readonly Accepted[] = [];
export const short =
  (predicate: string, most = 6): Accept =>
  (object, folded) =>
    wordsIn(object) <= most && !NO_OBJECT.test(folded) ? keep(predicate, object) : NONE;
export const each =
  (accept: Accept): Accept =>
  (object, _folded, asked) =>
    listed(object).flatMap((part) => accept(part, fold(part), asked));
export const capital = (object: string, asked: Asked): boolean => !asked.cased || /^(?:\p{Lu}|\d)/u.test(object);

export const taste = (likes: boolean): Accept =>
  each((object, folded, asked) => {
    const [food, other] = likes ? ['likes_food', 'likes'] : ['dislikes_food', 'dislikes'];
    if (folded.length < 2 || NO_OBJECT.test(folded) || asked.isName(folded.split(' ')[0] ?? '') || wordsIn(object) > 5)
      return NONE;
    if (/^(?:eating|comer|drinking|beber|tomar) /.test(folded))
      return keep(food, tidyObject(object.replace(/^\S+ /, '')));
    if (likes && isOf('sport', folded.replace(/^(?:playing|doing|going|jugar (?:al?|a la)|hacer|practicar) /, '')))
      return keep(
        'sport',
        tidyObject(object.replace(/^(?:playing|doing|going|jugar (?:al|a la|a)|hacer|practicar) /i, '')),
      );
    if (
      likes &&
      isOf('instrument', folded.replace(/^(?:playing|tocar) (?:the |la |el )?/, '')) &&
      /^(?:playing|tocar) /.test(folded)
    )
      return keep('instrument', tidyObject(object.replace(/^\S+ /, '')));
    if (endsOn('food', folded)) return keep(food, object);
    if (
      likes &&
      (isOf('hobby', folded) || /^(?:\w+ing)(?: |$)/.test(folded) || /^\w{2,}(?:ar|er|ir)(?: |$)/.test(folded)) &&
      !/^(?:thing|king|ring|spring|string|wedding|morning|evening|mar|mujer|ayer)/.test(folded)
    )
      return keep('hobby', object);
    return keep(other, object);
  });

export const food = (predicate: string): Accept =>
  each((object, folded) =>
    endsOn('food', folded) || /^(?:animal products|raw |cooked )/.test(folded) ? keep(predicate, object) : NONE,
  );

export const place =
  (predicate: string): Accept =>
  (said, _folded, asked) => {
    const object = said.replace(/\s(?:con|with|and|y)\s.*$/i, '');
    const folded = fold(object);
    if (
      /^(?:a|an|the|un|una) (?:mess|dream|bubble|hurry|lie|past|moment|minute|shoebox|zoo|madhouse)|^(?:mess|fear|hope|peace|denial|love|sin|bubble|past|present|moment|dream|nightmare|zoo|lie|here|there|same|own|own world|paz|miedo|nube|nubes|mentira|pasado|presente|aqui|alli|ahi|cloud nine|pyjamas|pajamas|luna|clouds|front|bed|cama|casa|home|work|trabajo|cole|school|uni|night|fin|mundo|new place|new room|new seat|dentista|medico|doctor|parque|park|cine|beach|playa|gym|piscina)(?: |$)/.test(
        folded,
      )
    )
      return NONE;
    if (NO_OBJECT.test(folded) || wordsIn(object) > 9 || asked.isName(folded)) return NONE;
    const named = /\p{Lu}|\d/u.test(object);
    return named ||
      (!asked.cased && wordsIn(object) <= 4) ||
      (wordsIn(object) <= 3 &&
        /\b(?:flat|house|village|farm|town|city|country|countryside|coast|centre|piso|chalet|pueblo|campo|costa|centro|ciudad|apartment|bungalow|cottage|care home|residencia)\b/.test(
          folded,
        ))
      ? keep(predicate, object)
      : NONE;
  };
const TITLE =
  /^(?:el |la )?(?:doctora?|dra?\.?|don|doña|señora?|señorita|profesora?|profe|maestr[oa]|miss|teacher) (?=\p{Lu})/iu;
const PARTICLE = /(?<= )(?:de|del|de la|la|los|las|y|van|von|da|dos) (?=\S)/gi;

export const name =
  (predicate: string): Accept =>
  (object, folded, asked) =>
    wordsIn(object.replace(PARTICLE, '')) <= 4 &&
    (capital(object.replace(TITLE, ''), asked) || asked.isName(folded)) &&
    !/^(?:after|later|back|now|when|for|out|if|crazy|mad|old|names|the|a|at|al|luego|mas|cuando|que|un|una|tomorrow|manana|on|maybe|not|no)(?: |$)/.test(
      folded,
    ) &&
    !/\d| (?:and|y|e|or|o) /.test(object) &&
    conceptKey(folded) === null &&
    !NATIONALITIES.test(folded)
      ? keep(predicate, object)
      : NONE;
