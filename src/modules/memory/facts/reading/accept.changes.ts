import { fold } from '../language/fold.js';
import { endsOn, isOf } from '../lexicon/concepts.js';
import { tidyObject } from '../objects.js';
import { type Accept, type Accepted, each, keep, NO_OBJECT, NONE, wordsIn } from './objects.shape.js';
import { isVerbal } from './mentions.js';
import { MEDICINE } from './objects.words.js';

const DETAIL = / (?:at|in|on|with|for|since|from|by|because|to|en|con|desde|por|porque|para|a|al)(?: |$).*$/;

/** Without what follows a preposition or a verb: "Mandarin at school", "judo empezó el martes". */
export function withoutDetail(object: string): string {
  const plain = object.slice(0, fold(object).replace(DETAIL, '').length);
  const words = plain.split(' ');
  const verb = words.findIndex((word, at) => at > 0 && (isVerbal(word, 'es') || isVerbal(word, 'en')));
  return verb < 0 ? plain : words.slice(0, verb).join(' ');
}

const lesson = (object: string): string =>
  tidyObject(
    object
      .replace(
        /^(?:at |with |en |con |clases? de |jugar (?:al|a la|a) |tocar (?:el |la )?|hacer |playing |doing )/i,
        '',
      )
      .replace(/ (?:lessons|classes|training|class|club)$/i, ''),
  );

/** What somebody takes up, as sport, instrument, hobby, language, diet or medicine. */
export const taken: Accept = each((said) => {
  const object = lesson(said);
  const folded = fold(object);
  if (isOf('instrument', folded)) return keep('instrument', object);
  if (isOf('sport', folded)) return keep('sport', object);
  if (isOf('diet', folded)) return keep('diet', object);
  if (isOf('language', folded)) return keep('learning', object);
  if (MEDICINE.test(folded)) return keep('medication', object);
  return isOf('hobby', folded) ? keep('hobby', object) : NONE;
});

/** Predicates that may hold what somebody gives up: an ending of what is not there changes nothing. */
const HELD = [
  'sport',
  'hobby',
  'instrument',
  'learning',
  'medication',
  'membership',
  'field_of_study',
  'diet',
  'employer',
  'school',
];

const endings = (predicates: readonly string[], object: string): readonly Accepted[] =>
  predicates.map((predicate) => ({ predicate, object, over: true as const }));

const ALLERGY =
  /^(?:(?<en>[\p{L} ]+?) (?:allergy|intolerance)|(?:alergia|intolerancia) (?:a la|a los|a las|al|a) (?<es>.+))$/iu;
const JOB =
  /^(?:(?:saturday|weekend|part-time|part time|summer|old) )?(?:job|work|post|position|curro|trabajo|puesto|empleo)\b/;
const STUDIES = /^(?:school|uni|university|college|cole|instituto|universidad|carrera|uni|facultad|estudios)$/;

/** What somebody gives up, whatever it was noted as. */
export const over: Accept = each((said, _folded, asked) => {
  const object = lesson(said);
  const folded = fold(object);
  const allergen = ALLERGY.exec(object)?.groups;
  const cause = allergen?.['en'] ?? allergen?.['es'];
  if (cause !== undefined) return endings(['allergy', 'intolerance'], tidyObject(cause));
  if (JOB.test(folded)) return endings(['employer', 'occupation'], '*');
  if (STUDIES.test(folded)) return endings(['school', 'field_of_study'], '*');
  if (NO_OBJECT.test(folded) || wordsIn(object) > 4 || asked.isName(folded)) return NONE;
  if (isOf('sport', folded) || isOf('hobby', folded))
    return endings(['sport', 'hobby', 'membership', 'learning', 'likes'], object);
  if (isOf('instrument', folded)) return endings(['instrument', 'learning'], object);
  if (endsOn('food', folded)) return endings(['likes_food'], object);
  return endings(asked.cased && /^\p{Lu}/u.test(object) ? ['employer', 'school', 'membership'] : HELD, object);
});

/** Medicines that a doctor takes somebody off. */
export const overMedicine: Accept = each((said, folded) => {
  const object = tidyObject(said);
  if (NO_OBJECT.test(folded) || wordsIn(object) > 3) return NONE;
  return /^(?:gafas|brackets|aparato|ortodoncia|escayola|glasses|braces)$/.test(folded)
    ? endings(['wears'], object)
    : endings(['medication'], object);
});

/** Endings of the names of many medicines. */
const LIKE_MEDICINE =
  /(?:ol|ina|ine|in|ide|ida|ate|ato|ium|il|am|ane|one|ona|ix|ox|ax|ex|ib|ab|mab|an|en|ic|ir|ur|ul|on|ur|ant|ef|im|st|imibe|iban|oxid|oxide)$/;
const NO_MEDICINE =
  /^(?:diet|dieta|deberes|homework|reposo|rest|hold|team|bus|train|list|phone|spot|board|gafas|brackets|aparato|ortodoncia|glasses|braces|audifonos?|escayola|cama|baja|alta|vacunas?|vacuna|gimnasia|natacion|rehabilitacion|physio|crutches|antibi[oó]tico para|nota|cita|casa|pie|nombre|verde|clase|ganas|miedo|razon|vergueza|penalty|besos?|detention|probation|leave|speed ?dial|benefits|furlough|nights|days|earlies|lates|shift|reading|swimming|piano|guitar|school|job|college|uni|work|year \w+)\b/;

/** What a doctor prescribes: any name that is not something else a doctor may order. */
export const prescribed: Accept = each((said, folded) => {
  const object = tidyObject(withoutDetail(said.replace(/^(?:something called|algo llamado) /i, '')));
  if (NO_OBJECT.test(folded) || NO_MEDICINE.test(folded) || wordsIn(object) > 3 || isOf('sport', fold(object)))
    return NONE;
  return keep('medication', object);
});

/** What somebody is put on: medicines, or what sounds like one. */
export const treatment: Accept = each((said) => {
  const object = tidyObject(withoutDetail(said.replace(/^(?:something called|algo llamado) /i, '')));
  const folded = fold(object);
  if (MEDICINE.test(folded) || / \d+ ?m[gl]$/.test(folded)) return keep('medication', object);
  if (/^(?:gafas|brackets|audifonos?|glasses|braces|hearing aids?)$/.test(folded)) return keep('wears', object);
  if (NO_MEDICINE.test(folded) || wordsIn(object) > 1 || folded.length < 6) return NONE;
  return LIKE_MEDICINE.test(folded) && /^[a-z]+$/.test(folded) && !folded.endsWith('ing') && !known(folded)
    ? keep('medication', object)
    : NONE;
});

const known = (folded: string): boolean =>
  (['sport', 'instrument', 'language', 'food', 'hobby', 'pet', 'occupation', 'condition'] as const).some((category) =>
    isOf(category, folded),
  );
