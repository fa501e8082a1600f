import { fold } from '../language/fold.js';
import { conceptKey, endsOn, isOf } from '../lexicon/concepts.js';
import { dayOf } from '../lexicon/dates.js';
import { numberOf } from '../lexicon/numbers.js';
import { tidyObject } from '../objects.js';
import { over, overMedicine, prescribed, taken, treatment, withoutDetail } from './accept.changes.js';
import {
  type Accept,
  type Accepted,
  type Asked,
  capital,
  each,
  food,
  JOKES,
  keep,
  name,
  NO_OBJECT,
  NONE,
  place,
  short,
  taste,
  wordsIn,
} from './objects.shape.js';
import { MEDICINE, ORGANISATION } from './objects.words.js';

export type { Accepted, Asked };

/** Names of schools, folded. */
const SCHOOL = /\b(?:high|school|academy|college|grammar|primary|secondary|instituto|colegio|ies|ceip|escuela)\b/;

const ACCEPT: Readonly<Record<string, Accept>> = {
  over,
  over_med: overMedicine,
  prescribed,
  taken,
  treatment,
  goes_to: (object, folded, asked) => taken(withoutDetail(object), withoutDetail(folded), asked),
  has_teacher: (object, folded, asked) => (asked.young ? name('teacher')(object, folded, asked) : NONE),
  clothes_size: (object) => keep('clothes_size', object.toUpperCase()),
  hobby: each(short('hobby', 5)),
  sport: each(short('sport', 4)),
  likes: taste(true),
  dislikes: taste(false),
  likes_food: each((object, folded) => (NO_OBJECT.test(folded) ? NONE : keep('likes_food', object))),
  avoids_food: food('avoids_food'),
  eats: (object, folded, asked) =>
    food('avoids_food')(object, folded, asked).map((one) => ({ ...one, inverted: true })),
  allergy: each((object, folded) =>
    JOKES.test(folded) || NO_OBJECT.test(folded) || wordsIn(object) > 4 || !/\p{L}{2}/u.test(object)
      ? NONE
      : keep('allergy', object),
  ),
  intolerance: each((object, folded) =>
    JOKES.test(folded) || NO_OBJECT.test(folded) || wordsIn(object) > 3 ? NONE : keep('intolerance', object),
  ),
  condition: each((said) => {
    const object = said.replace(/ (?:en|in|on) (?:the|his|her|my|both|el|la|los|las|su|sus|mi) .*$/i, '');
    const folded = fold(object);
    return isOf('condition', folded) || (endsOn('condition', folded) && wordsIn(folded) <= 4)
      ? keep('condition', object)
      : NONE;
  }),
  diagnosis: each(short('condition', 4)),
  diet: each((object, folded) =>
    endsOn('diet', folded) || /free$|^sin |^low|^baja/.test(folded) ? keep('diet', object) : NONE,
  ),
  medication: each((object, folded) =>
    MEDICINE.test(folded) || / \d+ ?m[gl]$/.test(folded) || / para (?:la|el) /.test(folded)
      ? keep('medication', object)
      : NONE,
  ),
  trade: (said, _folded, asked) => {
    const object = said.replace(/ (?:and|y) .*$/i, '');
    const folded = fold(object);
    if (/^(?:yo|i|el|ella|he|she|we|they|my|mi|his|her|su) /.test(folded)) return NONE;
    if (
      /^(?:really|very|great|good|amazing|bad|terrible|awful|lousy|brilliant|born|natural|wannabe|aspiring|little|real|total|excellent|rubbish|muy|gran|buen[oa]?|mal|mala|pesim[oa]|autentic[oa]|future|futur[oa])\b|\bof (?:this|the|our) (?:family|house|household)|de la (?:familia|casa)\b/.test(
        folded,
      )
    )
      return NONE;
    const plain = folded.replace(/ (?:de profesion|by trade|by profession)$/, '');
    return !asked.young && endsOn('occupation', plain) && wordsIn(plain) <= 5
      ? keep('occupation', object.replace(/ (?:de profesión|de profesion|by trade|by profession)$/i, ''))
      : NONE;
  },
  occupation: (object, folded) =>
    /^(?:at|with|en|para) /.test(folded)
      ? keep('employer', tidyObject(object.replace(/^\S+ /, '')))
      : wordsIn(object) <= 5 &&
          !NO_OBJECT.test(folded) &&
          !/^(?:hard|stressful|boring|great|amazing|exhausting|fun|killing|driving|going|duro|aburrido|genial|un rollo|very|so|really|hell|in |at |near|far|not)/.test(
            folded,
          )
        ? keep('occupation', object)
        : NONE,
  employer: (object, folded, asked) =>
    NO_OBJECT.test(folded) ||
    (asked.cased && !/\p{Lu}/u.test(object) && !ORGANISATION.test(folded)) ||
    wordsIn(object) > 7 ||
    asked.isName(folded) ||
    /^(?:casa|home|hours?|horas|lo que|pleasure|charity work|peanuts)/.test(folded) ||
    /^(?:my|his|her|mi|su) (?:dad|mum|own|propio)/.test(folded)
      ? NONE
      : keep('employer', object),
  company: (object, folded, asked) =>
    asked.young || (asked.pupil && SCHOOL.test(folded))
      ? /^\p{Lu}/u.test(object)
        ? keep('school', object)
        : NONE
      : asked.cased &&
          /^\p{Lu}/u.test(object) &&
          wordsIn(object) <= 4 &&
          !asked.isName(folded.split(' ')[0] ?? '') &&
          !/^(?:i|spain|england|france|london|madrid|dad|mum)\b/.test(folded)
        ? keep('employer', object)
        : NONE,
  school: (object, folded, asked) =>
    wordsIn(object) <= 8 &&
    !/^(?:school|college|uni|university|nursery|bed|high school|secondary school|primary school|secondary|cole|colegio|instituto|escuela|insti|universidad|guarderia|guarde|facultad|casa|home|same school|new school|primary|bed|cole nuevo|nuevo cole|nuevo colegio|cole andando|cole en bici)$/.test(
      folded,
    ) &&
    !/^(?:school|cole|colegio|college|uni|home|casa)? ?(?:by|on|with|together|andando|en bici|en bus|en coche|a pie|con|every|trip|run|play|meeting|my|mi|her|his)\b/.test(
      folded,
    ) &&
    (capital(object, asked) || /\p{Lu}/u.test(object) || !asked.cased)
      ? keep('school', object)
      : NONE,
  young_school: (object, folded, asked) =>
    asked.pupil &&
    asked.cased &&
    /^\p{Lu}/u.test(object) &&
    wordsIn(object) <= 4 &&
    !asked.isName(folded.split(' ')[0] ?? '') &&
    !/\b(?:grandma|granny|nan|home|hospital|park|pool|beach|legoland|disney|camp|abuela|hospital|parque)\b/.test(folded)
      ? keep('school', object)
      : NONE,
  school_year: (object) => keep('school_year', object),
  home_location: place('home_location'),
  home_moved: (object, folded, asked) =>
    /^(?:cole|colegio|instituto|escuela|insti|universidad|guarderia|clase)\b/.test(folded)
      ? NONE
      : place('home_location')(object, folded, asked),
  birthplace: place('birthplace'),
  hometown: (object, folded, asked) =>
    /\p{Lu}/u.test(object) || !asked.cased ? place('hometown')(object, folded, asked) : NONE,
  travel: each((said, _said, asked) => {
    const object = said.replace(
      / (?:twice|once|to|for|with|on|con|para|de vacaciones|\d+|two|three|several|many|dos|tres|una|varias|by|last|together|juntos|de viaje|and then) ?.*$/i,
      '',
    );
    const folded = fold(object);
    return /^\p{Lu}/u.test(object) &&
      asked.cased &&
      !asked.isName(folded.split(' ')[0] ?? '') &&
      !/\b(?:school|hospital|doctor|church|dr|mr|mrs|university|college|shop|tesco|lidl|aldi|ikea|mercadona|mcdonald)/.test(
        folded,
      ) &&
      wordsIn(object) <= 4
      ? keep('travel', object)
      : NONE;
  }),
  language: each((object, folded) =>
    isOf('language', folded.replace(/ (?:too|language)$/, '')) ? keep('language', object) : NONE,
  ),
  native_language: (object, folded) => (isOf('language', folded) ? keep('native_language', object) : NONE),
  learning: each((object, folded) =>
    isOf('language', folded)
      ? keep('learning', object)
      : isOf('instrument', folded)
        ? keep('learning', object)
        : wordsIn(object) <= 4 &&
            /^(?:to \w+|\w+ing|\w+ar|\w+er|chess|ajedrez|sign language)(?: |$)/.test(folded) &&
            !NO_OBJECT.test(folded)
          ? keep('learning', object.replace(/^to /i, ''))
          : NONE,
  ),
  plays: each((object, folded) => {
    const plain = folded.replace(/^(?:on |in )/, '').replace(/ (?:matches|lessons|games?)$/, '');
    if (isOf('instrument', plain)) return keep('instrument', object);
    if (isOf('sport', plain)) return keep('sport', object);
    if (isOf('hobby', plain)) return keep('hobby', object);
    return NONE;
  }),
  does: each((object, folded) => {
    const plain = folded
      .replace(/ (?:lessons|classes|training|class|club)$/, '')
      .replace(/^(?:clases de |clase de )/, '');
    if (isOf('sport', plain)) return keep('sport', object.replace(/ (?:lessons|classes|training|class|club)$/i, ''));
    if (isOf('instrument', plain)) return keep('instrument', object);
    return isOf('hobby', plain) && !/^(?:reading|music|musica|cooking|cocina|comida|writing|punto|drama)$/.test(plain)
      ? keep('hobby', object)
      : NONE;
  }),
  collects: each((object, folded) =>
    wordsIn(object) <= 4 && !NO_OBJECT.test(folded) && !/^(?:leo|kids|ninos|parcel|post)/.test(folded)
      ? keep('hobby', `collecting ${object}`)
      : NONE,
  ),
  field_of_study: (object, folded) =>
    isOf('language', folded) || isOf('instrument', folded)
      ? keep('learning', object)
      : wordsIn(object) <= 5 && !NO_OBJECT.test(folded)
        ? keep('field_of_study', object)
        : NONE,
  skill: each(short('skill', 4)),
  pet: each((object) => (wordsIn(object) <= 7 ? keep('pet', object) : NONE)),
  fear: each(short('fear', 4)),
  goal: (object, folded) =>
    wordsIn(object) <= 12 && !/^(?:it|this|that|eso|esto)\b/.test(folded)
      ? keep('goal', object.replace(/^to /i, ''))
      : NONE,
  graduated: short('achievement', 6),
  membership: short('membership', 6),
  age: (_object, folded) => {
    const age = numberOf(folded.split(' ')[0] ?? '') ?? NaN;
    return age > 0 && age < 120 ? keep('age', String(age)) : NONE;
  },
  birth_date: (object, folded) =>
    dayOf(folded) === null ? NONE : keep('birth_date', object.replace(/^(?:on |the |el |día |dia )+/i, '')),
  phone_number: (object) =>
    object.replace(/\D/g, '').length >= 6 ? keep('phone_number', object.replace(/[^\d+() -]/g, '').trim()) : NONE,
  email: (object) => (/^[^\s@]+@[^\s@]+\.\w+$/.test(object) ? keep('email', object) : NONE),
  time_zone: (object) => (/\/|utc|gmt|cet|est|pst/i.test(object) ? keep('time_zone', object) : NONE),
  blood_type: (object, folded) =>
    /^(?:a|b|ab|0|o) ?(?:\+|-|positive|negative|positivo|negativo|rh.*)?$/.test(folded)
      ? keep('blood_type', object)
      : NONE,
  pronouns: (object, folded) => (/^\S+(?: ?\/ ?| y )\S+/.test(folded) ? keep('pronouns', object) : NONE),
  full_name: (object, folded, asked) => (wordsIn(object) > 1 ? name('full_name')(object, folded, asked) : NONE),
  name: (object, folded, asked) =>
    asked.isName(folded) && wordsIn(object) === 1
      ? NONE
      : name(wordsIn(object) > 1 ? 'full_name' : 'preferred_name')(object, folded, asked),
  preferred_name: name('preferred_name'),
  called: (object, folded, asked) =>
    asked.isName(folded) && wordsIn(object) === 1
      ? NONE
      : name(wordsIn(object) > 1 ? 'full_name' : 'preferred_name')(object, folded, asked),
  called_by: (object, folded, asked) =>
    asked.cased && /^\p{Lu}/u.test(object) ? name('preferred_name')(object, folded, asked) : NONE,
  spouse: (object, folded, asked) =>
    asked.cased &&
    /^\p{Lu}/u.test(object) &&
    conceptKey(folded) === null &&
    name('spouse')(object, folded, asked).length > 0
      ? keep('spouse', object)
      : NONE,
  friend: name('friend'),
  teacher: name('teacher'),
  doctor: name('doctor'),
  dentist: name('dentist'),
  birth: name('birth'),
  favourite_team: (object, folded, asked) =>
    wordsIn(object) <= 4 && !NO_OBJECT.test(folded) && !asked.isName(folded) && capital(object, asked)
      ? keep('favourite_team', object)
      : NONE,
  achievement: (object, folded) =>
    /\b(?:exam|exams|driving test|test|driving licence|race|competition|tournament|match|medal|prize|cup|final|championship|league|grade|level|award|carnet|examen|examenes|carrera|torneo|partido|medalla|premio|copa|concurso|liga|oposicion|oposiciones|selectividad|a-?levels|gcses|oposis)\b/.test(
      folded,
    ) && wordsIn(object) <= 8
      ? keep('achievement', object)
      : NONE,
  routine: (object) => (wordsIn(object) <= 14 ? keep('routine', object) : NONE),
  shoe_size: (object) => (/\d/.test(object) ? keep('shoe_size', object) : NONE),
  contact_preference: short('contact_preference', 4),
};

/** Kinds of which a list is known: where and when may follow. */
const DETAILED = new Set([
  'language',
  'learning',
  'plays',
  'does',
  'taken',
  'condition',
  'medication',
  'diet',
  'blood_type',
]);
/** "A lovely woman called Dr Patel". */
const NAMED = new Set(['teacher', 'doctor', 'dentist', 'spouse', 'friend']);
const CALLED = /^.{1,60}?\b(?:called|named|que se llama|llamad[oa])\s+(?=\p{Lu})/u;
const TITLES = new Set(['favourite_film', 'favourite_book', 'favourite_series', 'favourite_game', 'favourite_music']);
const VERBATIM = new Set([...TITLES, 'routine', 'blood_type']);

/** What an object means under the predicate that its words suggest; nothing when it can't be one of it. */
export function accept(predicate: string, raw: string, asked: Asked): readonly Accepted[] {
  const called = NAMED.has(predicate) ? raw.replace(CALLED, '') : raw;
  const object = tidyObject(called, VERBATIM.has(predicate));
  if (object === '' || object.length > 120) return NONE;
  const folded = fold(object);
  if (TITLES.has(predicate))
    return wordsIn(object) <= 9 && !/^(?:it|this|that|esto|eso)\b/.test(folded) ? keep(predicate, object) : NONE;
  if (/^(?:dis)?likes$/.test(predicate) && /^\s*(?:my|his|her|our|your|their|mis?|sus?|tus?|nuestr[oa]s?)\s/i.test(raw))
    return NONE;
  const check = ACCEPT[predicate] ?? short(predicate, 8);
  const accepted = check(object, folded, asked);
  if (accepted.length > 0 || !DETAILED.has(predicate)) return accepted;
  const plain = tidyObject(withoutDetail(object));
  return plain === object || plain === '' ? accepted : check(plain, fold(plain), asked);
}
